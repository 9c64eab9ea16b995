/* SPDX-License-Identifier: MIT */
/* The token that requests over TCP need: there the kernel does not tell who makes them. */
#include "control/internal.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/paths.h"

#define TOKEN_LENGTH_MIN 16
#define TOKEN_LENGTH_MAX 1024

/* What is wrong with a token, of which no part is told; NULL: nothing. */
static const char *token_fault(const char *token, size_t length)
{
	if (length > TOKEN_LENGTH_MAX)
		return "the token is longer than 1024 characters";
	for (size_t i = 0; i < length; i++)
		if (!isgraph((unsigned char)token[i]))
			return "it should have nothing but a token on one line, without blanks";
	if (length < TOKEN_LENGTH_MIN)
		return "it has a token of less than 16 characters; \"openssl rand -hex 32\""
		       " makes a good one";
	return NULL;
}

char *control_read_token(const char *path, char reason[REASON_SIZE])
{
	char bytes[TOKEN_LENGTH_MAX + 2];
	const char *fault;
	char *token = NULL;
	ssize_t length = secret_file_read(path, bytes, sizeof(bytes), &fault);

	if (length > 0 && bytes[length - 1] == '\n')
		length--;
	if (fault == NULL)
		fault = token_fault(bytes, (size_t)length);
	if (fault == NULL)
		token = xstrndup(bytes, (size_t)length);
	else
		snprintf(reason, REASON_SIZE, "%s: %s", path, fault);
	explicit_bzero(bytes, sizeof(bytes));
	return token;
}

void control_set_token(struct control *control, const char *token, bool open_metrics)
{
	forget_text(control->token);
	control->token = token != NULL ? xstrdup(token) : NULL;
	control->open_metrics = open_metrics;
}

/* Whether two texts are equal, in a time that does not tell where they differ. */
static bool texts_are_equal(const char *token, const char *given)
{
	size_t length = strlen(token);
	volatile unsigned char difference = strlen(given) != length;

	for (size_t i = 0; i < length; i++) {
		difference |= (unsigned char)(token[i] ^ *given);
		given += *given != '\0';
	}
	return difference == 0;
}

static const char *authorization(const struct exchange *exchange)
{
	return evhttp_find_header(
	    evhttp_request_get_input_headers(exchange->request), "Authorization");
}

bool exchange_shows_token(const struct exchange *exchange)
{
	static const char scheme[] = "Bearer ";
	const struct control *control = exchange->control;
	const char *header = authorization(exchange);

	if (header == NULL || control->token == NULL ||
	    strncasecmp(header, scheme, sizeof(scheme) - 1) != 0)
		return false;
	header += sizeof(scheme) - 1;
	return texts_are_equal(control->token, header + strspn(header, " "));
}

bool exchange_has_token(struct exchange *exchange, const struct route *route)
{
	const struct control *control = exchange->control;
	struct evhttp_request *request = exchange->request;

	if (route != NULL && (route->access == ACCESS_OPEN ||
	                         (route->access == ACCESS_METRICS && control->open_metrics)))
		return true;
	if (exchange_shows_token(exchange))
		return true;
	evhttp_add_header(evhttp_request_get_output_headers(request), "WWW-Authenticate",
	    "Bearer realm=\"iml-plugin-runner\"");
	exchange_refuse(exchange, HTTP_UNAUTHORIZED, NULL, "%s",
	    authorization(exchange) == NULL
	        ? "requests over TCP need a header \"Authorization: Bearer TOKEN\", with "
	          "the token of control.token_file"
	        : "this is not the token of control.token_file");
	return false;
}

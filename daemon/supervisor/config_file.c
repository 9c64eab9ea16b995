/* SPDX-License-Identifier: MIT */
#include "supervisor/config_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/memory.h"
#include "supervisor/config_document.h"

#define FILE_SIZE_MAX ((size_t)4 * 1024 * 1024)
/* More than anything has that is meant; the time that the YAML parser takes grows with its square.
 */
#define DEPTH_MAX 64

/* ---- documents ---- */

/* Reads the document, if there is anything in it. */
static void read_document(struct source *source)
{
	const yaml_node_t *root = yaml_document_get_root_node(source->document);

	if (root != NULL && !node_is_null(root) && node_check_all(source))
		config_read_document(source, root);
}

/* Whether the character at this position of a text is a tab. */
static bool is_tab(const struct text *content, size_t position)
{
	size_t at = 0;

	while (position-- > 0 && at < content->length)
		at += utf8_next(content->data + at, content->length - at);
	return at < content->length && content->data[at] == '\t';
}

/* Adds what the YAML parser complains about. */
static void parser_mistake(
    const struct source *source, const yaml_parser_t *parser, const struct text *content)
{
	size_t line = parser->problem_mark.line;

	if (parser->error == YAML_READER_ERROR) {
		line = 0;
		for (size_t i = 0; i < parser->problem_offset && i < content->length; i++)
			line += content->data[i] == '\n';
	}
	text_printf(source->loader->mistakes, "%s:%zu: %s%s%s%s\n", source->path, line + 1,
	    parser->problem != NULL ? parser->problem : "no valid YAML",
	    parser->context != NULL ? " " : "", parser->context != NULL ? parser->context : "",
	    is_tab(content, parser->problem_mark.index) ? " (a tab? indent with blanks)" : "");
}

/* Loads the next document; false, with a mistake, if it is no YAML. */
static bool load_document(struct source *source, yaml_parser_t *parser, yaml_document_t *document,
    const struct text *content)
{
	if (yaml_parser_load(parser, document) != 0)
		return true;
	parser_mistake(source, parser, content);
	return false;
}

/* Releases a document, of which nothing stays in memory: there may be passwords in it. */
static void forget_document(yaml_document_t *document)
{
	yaml_node_t *node;

	for (node = document->nodes.start; node < document->nodes.top; node++)
		if (node->type == YAML_SCALAR_NODE)
			explicit_bzero(node->data.scalar.value, node->data.scalar.length);
	yaml_document_delete(document);
}

/* Refuses a second document in the file. */
static void expect_end(struct source *source, yaml_parser_t *parser, const struct text *content)
{
	yaml_document_t document;
	const yaml_node_t *root;

	if (!load_document(source, parser, &document, content))
		return;
	root = yaml_document_get_root_node(&document);
	if (root != NULL)
		node_mistake(
		    source, root, "", "a second document begins here; only one is allowed");
	forget_document(&document);
}

static void forget_parser(yaml_parser_t *parser)
{
	explicit_bzero(parser->buffer.start, (size_t)(parser->buffer.end - parser->buffer.start));
	explicit_bzero(
	    parser->raw_buffer.start, (size_t)(parser->raw_buffer.end - parser->raw_buffer.start));
	yaml_parser_delete(parser);
}

static void begin_parser(yaml_parser_t *parser, const struct text *content)
{
	if (yaml_parser_initialize(parser) == 0)
		abort(); /* out of memory */
	yaml_parser_set_input_string(parser, (const unsigned char *)content->data, content->length);
}

/* How much deeper the document is after an event. */
static int deepening(yaml_event_type_t type)
{
	if (type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
		return 1;
	return type == YAML_SEQUENCE_END_EVENT || type == YAML_MAPPING_END_EVENT ? -1 : 0;
}

static void forget_event(yaml_event_t *event)
{
	if (event->type == YAML_SCALAR_EVENT)
		explicit_bzero(event->data.scalar.value, event->data.scalar.length);
	yaml_event_delete(event);
}

/* Whether the parser can be trusted with all of it; else that is a mistake. */
static bool expect_shallow(const struct source *source, const struct text *content)
{
	yaml_parser_t parser;
	yaml_event_t event;
	bool more = true;
	size_t line = 0;
	int depth = 0;

	begin_parser(&parser, content);
	while (more && depth <= DEPTH_MAX && yaml_parser_parse(&parser, &event) != 0) {
		depth += deepening(event.type);
		line = event.start_mark.line;
		more = event.type != YAML_STREAM_END_EVENT;
		forget_event(&event);
	}
	forget_parser(&parser);
	if (depth <= DEPTH_MAX)
		return true;
	text_printf(source->loader->mistakes,
	    "%s:%zu: is nested too deeply (more than %d levels)\n", source->path, line + 1,
	    DEPTH_MAX);
	return false;
}

static void read_content(struct source *source, const struct text *content)
{
	yaml_document_t document;
	yaml_parser_t parser;

	if (content->length == 0 || !expect_shallow(source, content))
		return;
	begin_parser(&parser, content);
	if (load_document(source, &parser, &document, content)) {
		bool empty = yaml_document_get_root_node(&document) == NULL;

		source->document = &document;
		read_document(source);
		source->document = NULL;
		forget_document(&document);
		if (!empty)
			expect_end(source, &parser, content);
	}
	forget_parser(&parser);
}

/* ---- files ---- */

/* Reads a whole file. Returns 0 or an errno. */
static int read_file(const char *path, struct text *content)
{
	FILE *file = fopen(path, "re");
	char buffer[16384];
	size_t length;
	int error = 0;

	if (file == NULL)
		return errno;
	setbuf(file, NULL);
	while (error == 0 && (length = fread(buffer, 1, sizeof(buffer), file)) > 0) {
		text_append_bytes(content, buffer, length);
		if (content->length > FILE_SIZE_MAX)
			error = EFBIG;
	}
	if (error == 0 && ferror(file))
		error = errno;
	fclose(file);
	explicit_bzero(buffer, sizeof(buffer));
	return error;
}

void config_file_read(struct config_loader *loader, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct text content = TEXT_EMPTY;
	struct source source = {.loader = loader, .path = path};
	int error = read_file(path, &content);

	source.directory = slash == NULL   ? xstrdup(".")
	                   : slash == path ? xstrdup("/")
	                                   : xstrndup(path, (size_t)(slash - path));
	if (error != 0)
		text_printf(loader->mistakes, "%s: can't be read: %s\n", path, strerror(error));
	else
		read_content(&source, &content);
	free(source.directory);
	text_forget(&content);
}

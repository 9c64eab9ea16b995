/* SPDX-License-Identifier: MIT */
/*
 * The messages between the supervisor and a plugin host.
 *
 * On the channel, a stream socket, a message is a frame: a header of 8 bytes (length of what
 * follows the header, 32 bits; type, 16 bits; flags, 16 bits) and the message. A message longer
 * than FRAME_MAX is sent as several frames, all but the last with FRAME_MORE. Nothing a plugin host
 * sends is believed: frames and messages are checked in every length, count, index and text.
 */
#ifndef WIRE_MESSAGE_H
#define WIRE_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/text.h"
#include "model/batch.h"
#include "model/class.h"

#define FRAME_HEADER_SIZE 8
#define FRAME_MAX (1024 * 1024)
#define FRAME_MORE 1
#define MESSAGE_MAX (1024 * 1024 * 1024)

/* The most bytes of a line that a plugin logs, and of a reason that it gives. */
#define PLUGIN_TEXT_MAX 8192

/* Descriptors of a plugin host. */
#define HOST_CHANNEL_FD 3
#define HOST_RECORDER_FD 4

enum message_type {
	/* supervisor to plugin host */
	MESSAGE_CONFIGURE = 1, /* the first; answered by LOADED or FAILED */
	MESSAGE_OPEN,          /* begins a session */
	MESSAGE_CLOSE,         /* ends a session; answered by ENDED */
	MESSAGE_ACKNOWLEDGE,   /* a batch and those before are stored (or safely kept) */
	MESSAGE_PREPARE, /* asks for a typed scannable to be completed; answered by PREPARED */
	MESSAGE_ADJUST,  /* changes what CONFIGURE said */
	MESSAGE_STOP,    /* ends all sessions and then the process */
	/* plugin host to supervisor */
	MESSAGE_LOADED,
	MESSAGE_FAILED,
	MESSAGE_BATCH,
	MESSAGE_ENDED,
	MESSAGE_LOG,
	MESSAGE_PREPARED,
	/* supervisor to plugin host */
	MESSAGE_ASSOCIATE, /* a virtual machine stands for a server */
	MESSAGE_SCAN,      /* the next scan of a session is due now */
	MESSAGE_TYPE_END
};

const char *message_type_name(enum message_type type);

/* A setting of the plugin: nested keys joined by dots. */
struct setting {
	char *key;
	char *value;
};

struct message_configure {
	char *plugin; /* name */
	char *path;   /* of the shared object */
	uint32_t log_level;
	uint32_t workers;
	uint32_t default_period_s; /* of update scans */
	struct setting *settings;
	size_t setting_count;
};

struct message_adjust {
	uint32_t log_level;
	uint32_t workers;
	uint32_t default_period_s; /* of sessions that begin from now on */
};

/* The plugin can be used: its classes, each after its bases. Built-in classes are not among them.
 */
struct message_loaded {
	uint16_t api_major, api_minor; /* that the plugin was built for */
	bool has_update_scan;
	struct class **classes;
	size_t class_count;
	char **warnings;
	size_t warning_count;
};

/* The plugin can't be used: every mistake that was found. The process ends after it. */
struct message_failed {
	char **reasons;
	size_t reason_count;
};

struct message_open {
	uint32_t session;
	uint32_t class;        /* index among the plugin's classes */
	char *label;           /* of the scannable, for logs */
	struct change *values; /* the scannable's attributes that are not null */
	size_t value_count;
	bool is_slow; /* its last scan did not end in time, or ended the process */
};

struct message_close {
	uint32_t session;
};

struct message_scan {
	uint32_t session;
};

struct message_acknowledge {
	uint32_t session;
	uint64_t batch;
};

struct message_associate {
	uint32_t session;
	uint32_t resource; /* the virtual machine */
	int64_t server;    /* its number */
};

/* A session is over: its teardown has returned. */
struct message_ended {
	uint32_t session;
	bool failed;
	char *hook;   /* that failed: "initial_scan", … */
	char *reason; /* in words; NULL if not failed */
};

struct message_log {
	uint32_t session; /* 0: none */
	uint32_t level;
	char *line;
};

/* A scannable as a person typed it. */
struct message_prepare {
	uint32_t request; /* chosen by the supervisor, repeated in the answer */
	uint32_t class;
	/*
	 * One per attribute, valid. Passwords as typed; null where nothing was, also for mandatory
	 * attributes with a default function.
	 */
	struct value *values;
	size_t value_count;
	bool partial; /* others than passwords may be null: only these are obfuscated */
};

/* What the plugin made of it: its values, or why there are none. */
struct message_prepared {
	uint32_t request;
	uint32_t class;
	struct value *values; /* one per attribute, complete and valid, passwords obfuscated */
	size_t value_count;   /* 0: it can't be */
	bool partial;         /* as in the request: mandatory ones may be null */
	char **reasons;       /* then; each names an attribute */
	size_t reason_count;
};

/*
 * Any message. The member to use follows from type; batch is an allocation of its own so that it
 * can be handed on.
 */
struct message {
	enum message_type type;
	union {
		struct message_configure configure;
		struct message_open open;
		struct message_close close;
		struct message_acknowledge acknowledge;
		struct message_associate associate;
		struct message_scan scan;
		struct message_adjust adjust;
		struct message_loaded loaded;
		struct message_failed failed;
		struct batch *batch;
		struct message_ended ended;
		struct message_log log;
		struct message_prepare prepare;
		struct message_prepared prepared;
	};
};

/*
 * OPEN of a session for a scannable with these values, one per attribute of the class, which is one
 * of the plugin's. The values are borrowed; message_open_release() releases the rest.
 */
struct message message_open_for(uint32_t session, uint32_t index, const struct class *class,
    const struct value *values, const char *label);
void message_open_release(struct message *message);

/* Releases what the message holds (a batch too, unless it was taken and set to NULL). */
void message_clear(struct message *message);

/* Appends the message's frame or frames. */
void message_encode(const struct message *message, struct text *out);

/*
 * Decodes the body of a message whose frames were put together. classes are the plugin's, needed
 * for BATCH, OPEN, PREPARE and PREPARED (indexes of classes, attributes, statistics and conditions
 * are checked against them; for other messages context may be NULL); class_of tells the class of a
 * resource that the batch does not report itself, or CLASS_NOT_FOUND if the session has none of
 * this number. Returns false with a reason.
 */
struct wire_context {
	struct class *const *classes;
	size_t class_count;
	size_t (*class_of)(void *context, uint32_t session, uint32_t resource);
	void *context;
};
bool message_decode(enum message_type type, const void *body, size_t length,
    const struct wire_context *context, struct message *message, char reason[REASON_SIZE]);

/* Puts frames together. Start with {0}, end with frame_reader_clear(). */
struct frame_reader {
	struct text buffer;
	size_t consumed;
	struct text body;
	uint16_t type;
	bool in_message;
};

void frame_reader_clear(struct frame_reader *reader);

/*
 * Room for bytes from the channel, valid until the next call; then how many of them came. Or hands
 * over bytes that did.
 */
void *frame_reader_room(struct frame_reader *reader, size_t size);
void frame_reader_came(struct frame_reader *reader, size_t length);
void frame_reader_feed(struct frame_reader *reader, const void *bytes, size_t length);

/*
 * Takes the next complete message: 1 with its type and body (valid until the next call), 0 if more
 * bytes are needed, -1 with a reason when the bytes are no frames.
 */
int frame_reader_next(struct frame_reader *reader, enum message_type *type, const void **body,
    size_t *length, char reason[REASON_SIZE]);

/* Gives the memory of a long body back before the next call. */
void frame_reader_release(struct frame_reader *reader);

#endif

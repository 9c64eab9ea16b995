/* SPDX-License-Identifier: MIT */
/*
 * What a plugin holds as struct iml_plugin * and struct iml_resource *: no pointers, but numbers
 * that lead to a slot of a table. A slot that is given back changes its generation, so that a
 * handle that is no longer valid, or never was one, is recognised. Slots are never released, and
 * neither are sessions, so a look-up needs no lock:
 *
 *	session = handle_session(handle);	- any session, or NULL
 *	lock the session
 *	object = handle_object(handle, …);	- NULL: the handle became invalid meanwhile
 *
 * Handles are given and taken back with the session locked.
 */
#ifndef HOST_HANDLE_H
#define HOST_HANDLE_H

#include <stdint.h>

struct host_session;

enum handle_kind { HANDLE_NONE = 0, HANDLE_SESSION, HANDLE_RESOURCE };

/* A new handle for an object of a session. */
uint64_t handle_new(enum handle_kind kind, struct host_session *session, void *object);

/* Makes the handle invalid. */
void handle_free(uint64_t handle);

/* The session that the handle leads to, not locked; NULL if it leads nowhere. */
struct host_session *handle_session(uint64_t handle, enum handle_kind kind);

/* The object, or NULL if the handle is not valid in this session, which the caller has locked. */
void *handle_object(uint64_t handle, enum handle_kind kind, const struct host_session *session);

#endif

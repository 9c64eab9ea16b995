/* SPDX-License-Identifier: MIT */
/* The numbered migrations as texts that end with a zero byte; migrate.c lists them. */

	.macro	sql	name, path
	.global	\name
	.type	\name, %object
\name:
	.incbin	"\path"
	.byte	0
	.size	\name, . - \name
	.endm

	.section .rodata
	sql	schema_001, "daemon/store/schema/001-storage.sql"

	.section .note.GNU-stack, "", %progbits

/* SPDX-License-Identifier: MIT */
/* The files of a new plugin as texts that end with a zero byte; new.c lists them. */

	.macro	file	name, path
	.global	skeleton_\name
	.type	skeleton_\name, %object
skeleton_\name:
	.incbin	"plugin-sdk/skeleton/\path"
	.byte	0
	.size	skeleton_\name, . - skeleton_\name
	.endm

	.section .rodata
	file	plugin, "skeleton.c"
	file	device_header, "device.h"
	file	device, "device.c"
	file	test, "test_skeleton.c"
	file	makefile, "Makefile"
	file	config, "skeleton.yaml"
	file	readme, "README.md"
	file	packaging, "PACKAGING.md"

	.section .note.GNU-stack, "", %progbits

/* SPDX-License-Identifier: MIT */
/* The description of the control API, as a text that ends with a zero byte. */

	.section .rodata
	.global	control_openapi
	.type	control_openapi, %object
control_openapi:
	.incbin	"conf/openapi.json"
	.byte	0
	.size	control_openapi, . - control_openapi

	.section .note.GNU-stack, "", %progbits

/* SPDX-License-Identifier: MIT */
/*
 * What a relation compares: the values of some attributes of a resource, read in a form in which
 * equal ones are the same. A UUID is its digits, whatever its notation; a text of another type is
 * what it is, in lower case if the relation ignores case.
 */
#include "graph/relation.h"

/* The characters of a text as they are compared. */
struct reader {
	const char *next;
	bool is_uuid;
	bool folds;
};

static const struct value *value_at(
    const struct graph_resource *resource, const struct relation_port *port, size_t place)
{
	return &resource->values[port->attributes[place]];
}

static struct reader reader_of(
    const struct graph_resource *resource, const struct relation_port *port, size_t place)
{
	const struct class *class = port->class->class;
	bool is_uuid = class->attributes[port->attributes[place]].type == ATTRIBUTE_UUID;

	return (struct reader){.next = value_at(resource, port, place)->text,
	    .is_uuid = is_uuid,
	    .folds = is_uuid || port->rule->ignore_case};
}

/* The next character, or '\0' at the end. */
static unsigned char read_next(struct reader *reader)
{
	unsigned char c;

	while (reader->is_uuid && *reader->next == '-')
		reader->next++;
	c = (unsigned char)*reader->next;
	if (c == '\0')
		return c;
	reader->next++;
	return reader->folds && c >= 'A' && c <= 'Z' ? (unsigned char)(c - 'A' + 'a') : c;
}

static bool same_text(struct reader a, struct reader b)
{
	unsigned char left, right;

	do {
		left = read_next(&a);
		right = read_next(&b);
	} while (left == right && left != '\0');
	return left == right;
}

bool relation_same(const struct graph_resource *a, const struct relation_port *port_a,
    const struct graph_resource *b, const struct relation_port *port_b)
{
	for (size_t i = 0; i < port_a->attribute_count; i++) {
		const struct value *left = value_at(a, port_a, i);
		const struct value *right = value_at(b, port_b, i);

		if (left->type != right->type)
			return false;
		if (left->type == VALUE_TEXT
		        ? !same_text(reader_of(a, port_a, i), reader_of(b, port_b, i))
		        : !value_equal(left, right))
			return false;
	}
	return true;
}

/* ---- hashing ---- */

static uint64_t hash_byte(uint64_t hash, unsigned char byte)
{
	return (hash ^ byte) * UINT64_C(0x100000001B3);
}

static uint64_t hash_number(uint64_t hash, uint64_t number)
{
	for (int shift = 0; shift < 64; shift += 8)
		hash = hash_byte(hash, (unsigned char)(number >> shift));
	return hash;
}

static uint64_t hash_text(uint64_t hash, struct reader reader)
{
	unsigned char c;

	do {
		c = read_next(&reader);
		hash = hash_byte(hash, c);
	} while (c != '\0');
	return hash;
}

static uint64_t hash_value(uint64_t hash, const struct graph_resource *resource,
    const struct relation_port *port, size_t place)
{
	const struct value *value = value_at(resource, port, place);

	hash = hash_byte(hash, (unsigned char)value->type);
	if (value->type == VALUE_TEXT)
		return hash_text(hash, reader_of(resource, port, place));
	if (value->type == VALUE_BOOLEAN)
		return hash_byte(hash, value->boolean);
	return hash_number(hash, (uint64_t)value->integer);
}

bool relation_hash(
    const struct graph_resource *resource, const struct relation_port *port, uint32_t *hash)
{
	uint64_t sum = UINT64_C(0xCBF29CE484222325) ^ port->rule->number;

	for (size_t i = 0; i < port->attribute_count; i++) {
		if (value_at(resource, port, i)->type == VALUE_NULL)
			return false;
		sum = hash_value(sum, resource, port, i);
	}
	*hash = (uint32_t)(sum >> 32) ^ (uint32_t)sum;
	return true;
}

/* SPDX-License-Identifier: MIT */
/* The plans: SQL that is complete, so that it can be shown in place of being run. */
#include "store/care.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/care_internal.h"
#include "store/migration.h"

#define DEFAULT_OWNER "iml_storage_owner"

static const struct {
	const char *purpose;
	const char *name; /* unless another one is given */
} defaults[CARE_ROLES] = {
    [CARE_RUNNER] = {"runner", "iml_storage_runner"},
    [CARE_READER] = {"reader", "iml_storage_reader"},
    [CARE_OPERATOR] = {"operator", "iml_storage_operator"},
};

/*
 * A runner at work has the lock, and a migration must not pass under it; it gives it free within
 * moments where it waits for the migration.
 */
#define BEGIN_ALONE                                                                   \
	"BEGIN;\nSET LOCAL statement_timeout = 0;\nSET LOCAL lock_timeout = '10s';\n" \
	"SELECT pg_advisory_xact_lock(" RUNNER_LOCK ");\n"

#define BEGIN_BESIDE "BEGIN;\nSET LOCAL lock_timeout = '10s';\n"

/* ---- names ---- */

static void append_identifier(struct care *care, struct text *sql, const char *name)
{
	char *quoted = PQescapeIdentifier(care->connection, name, strlen(name));

	text_append(sql, quoted != NULL ? quoted : "\"\"");
	PQfreemem(quoted);
}

/* Appends a statement around the name of a role. */
static void append_about(
    struct care *care, struct text *sql, const char *before, const char *role, const char *after)
{
	text_append(sql, before);
	append_identifier(care, sql, role);
	text_append(sql, after);
}

/* Whether a condition about the role $1 holds. */
static bool holds(struct care *care, const char *condition, const char *role)
{
	char *sql = xasprintf("SELECT %s", condition);
	PGresult *result = PQexecParams(care->connection, sql, 1, NULL, &role, NULL, NULL, 0);
	bool yes = PQntuples(result) == 1 && PQgetvalue(result, 0, 0)[0] == 't';

	PQclear(result);
	free(sql);
	return yes;
}

static bool role_exists(struct care *care, const char *role)
{
	return holds(care, "EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", role);
}

/* ---- what there is ---- */

/* Whether the schema can be changed at all. */
static bool check_schema(
    const struct care *care, const struct care_schema *schema, char reason[REASON_SIZE])
{
	if (care->is_shared)
		reason_write(reason, "a pooler in transaction mode is between: connect to the"
		                     " server itself, or set pool_mode = session");
	else if (!schema->is_ours && schema->has_things)
		reason_write(reason,
		    "the database \"%s\" has a schema \"storage\" that is not the runner's: use"
		    " another database, or rename that schema",
		    PQdb(care->connection));
	else if (schema->version < 0)
		reason_write(reason,
		    "the role \"%s\" may not read the schema: connect as \"%s\", or a member of it",
		    PQuser(care->connection), schema->owner);
	else if (schema->version > migration_newest())
		reason_write(reason,
		    "the schema has version %d, and this program (" VERSION ") knows versions up to"
		    " %d: install the newer program",
		    schema->version, migration_newest());
	else
		return true;
	return false;
}

/* Appends the migrations that are missing, for who has become the owner. */
static void append_migrations(int version, struct text *sql)
{
	const struct migration *next = migration_after(version);

	for (; next != NULL; next = migration_after(next->number))
		migration_append(next, sql);
}

/* ---- migrating ---- */

static bool plan_migration(
    struct care *care, const struct care_schema *schema, struct text *sql, char reason[REASON_SIZE])
{
	if (!check_schema(care, schema, reason))
		return false;
	if (!schema->is_ours) {
		reason_write(reason, "there is no schema yet: make it with iml-plugin db init");
		return false;
	}
	if (migration_after(schema->version) == NULL)
		return true;
	if (!schema->may_be_owner) {
		reason_write(reason,
		    "the schema belongs to the role \"%s\": connect as that, or a member of it"
		    " (--conninfo \"… user=…\")",
		    schema->owner);
		return false;
	}
	text_append(sql, BEGIN_ALONE);
	append_about(care, sql, "SET LOCAL ROLE ", schema->owner, ";\n");
	append_migrations(schema->version, sql);
	text_append(sql, "COMMIT;\n");
	return true;
}

bool care_plan_migration(struct care *care, struct text *sql, char reason[REASON_SIZE])
{
	struct care_schema schema;
	bool good;

	care_read_schema(care, &schema);
	good = plan_migration(care, &schema, sql, reason);
	care_schema_clear(&schema);
	return good;
}

/* ---- making everything ---- */

/* Appends what makes the roles that there are not; some may be the same. */
static void append_roles(
    struct care *care, const char *owner, const char *const *roles, struct text *sql)
{
	const char *all[CARE_ROLES + 1] = {owner};

	for (size_t i = 0; i < CARE_ROLES; i++)
		all[i + 1] = roles[i];
	for (size_t i = 0; i <= CARE_ROLES; i++) {
		size_t same = 0;

		while (strcmp(all[same], all[i]) != 0)
			same++;
		if (same == i && !role_exists(care, all[i]))
			append_about(care, sql, "CREATE ROLE ", all[i], " NOLOGIN;\n");
	}
}

/* Who is no superuser acts as the owner only if that is granted. */
static void append_membership(struct care *care, const char *owner, struct text *sql)
{
	if (!holds(care, "coalesce(pg_has_role(to_regrole(quote_ident($1)), 'MEMBER'), false)",
	        owner) &&
	    !holds(care, "rolsuper FROM pg_roles WHERE rolname = current_user AND $1 <> ''", owner))
		append_about(care, sql, "GRANT ", owner, " TO CURRENT_USER;\n");
}

/* The role for a purpose: the one given, the one that has it, or the default. Owned by others. */
static const char *choose_role(
    struct care *care, const struct care_names *names, enum care_role role)
{
	const char *present = care_role_name(care, role);

	if (names->roles[role] != NULL)
		return names->roles[role];
	return present != NULL ? present : defaults[role].name;
}

/* Takes the rights from the role that had a purpose that another one has now. */
static void append_revocation(struct care *care, const char *role, struct text *sql)
{
	static const char *const objects[] = {
	    "ALL TABLES IN SCHEMA storage", "ALL FUNCTIONS IN SCHEMA storage", "SCHEMA storage"};

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		text_printf(sql, "REVOKE ALL ON %s FROM ", objects[i]);
		append_about(care, sql, "", role, ";\n");
	}
}

/* Appends what a role is for; to be run by the owner. */
static void append_purpose(
    struct care *care, enum care_role role, const char *name, struct text *sql)
{
	const char *present = care->roles[role];
	char *literal = PQescapeLiteral(care->connection, name, strlen(name));

	if (present != NULL && strcmp(present, name) != 0 && role_exists(care, present))
		append_revocation(care, present, sql);
	text_printf(sql,
	    "INSERT INTO storage.role (purpose, name) VALUES ('%s', %s)"
	    " ON CONFLICT (purpose) DO UPDATE SET name = excluded.name;\n",
	    defaults[role].purpose, literal != NULL ? literal : "NULL");
	PQfreemem(literal);
}

/* Appends the rights that are not in the schema. */
static void append_outer_rights(struct care *care, const char *const *roles, struct text *sql)
{
	struct text database = TEXT_EMPTY;

	append_identifier(care, &database, PQdb(care->connection));
	for (size_t i = 0; i < CARE_ROLES; i++) {
		if (role_exists(care, roles[i]) &&
		    holds(care, "has_database_privilege($1, current_database(), 'CONNECT')",
		        roles[i]))
			continue;
		if (holds(care,
		        "has_database_privilege('public', current_database(), 'CONNECT')"
		        " AND $1 <> ''",
		        roles[i]))
			continue;
		text_printf(sql, "GRANT CONNECT ON DATABASE %s TO ", database.data);
		append_about(care, sql, "", roles[i], ";\n");
	}
	text_clear(&database);
	if (strcmp(roles[CARE_READER], roles[CARE_OPERATOR]) == 0)
		return;
	append_about(care, sql, "GRANT ", roles[CARE_READER], " TO ");
	append_about(care, sql, "", roles[CARE_OPERATOR], ";\n");
}

static void append_init(struct care *care, const struct care_schema *schema, const char *owner,
    const char *const *roles, struct text *sql)
{
	bool is_complete = migration_after(schema->version) == NULL;

	text_append(sql, is_complete ? BEGIN_BESIDE : BEGIN_ALONE);
	append_roles(care, owner, roles, sql);
	append_membership(care, owner, sql);
	append_outer_rights(care, roles, sql);
	if (!schema->exists)
		append_about(care, sql, "CREATE SCHEMA storage AUTHORIZATION ", owner, ";\n");
	append_about(care, sql, "SET LOCAL ROLE ", owner, ";\n");
	append_migrations(schema->version, sql);
	for (size_t i = 0; i < CARE_ROLES; i++)
		append_purpose(care, (enum care_role)i, roles[i], sql);
	text_append(sql, "SELECT storage.grant_rights();\nCOMMIT;\n");
}

bool care_plan_init(
    struct care *care, const struct care_names *names, struct text *sql, char reason[REASON_SIZE])
{
	struct care_schema schema;
	const char *roles[CARE_ROLES];
	const char *owner = names->owner;
	bool good;

	care_read_schema(care, &schema);
	good = check_schema(care, &schema, reason);
	if (good && schema.owner != NULL && owner != NULL && strcmp(owner, schema.owner) != 0) {
		reason_write(reason,
		    "the schema belongs to the role \"%s\": leave --owner out, or give the schema "
		    "and"
		    " all in it to \"%s\" first (REASSIGN OWNED BY … TO …)",
		    schema.owner, owner);
		good = false;
	}
	if (owner == NULL)
		owner = schema.owner != NULL ? schema.owner : DEFAULT_OWNER;
	for (size_t i = 0; good && i < CARE_ROLES; i++)
		roles[i] = choose_role(care, names, (enum care_role)i);
	if (good)
		append_init(care, &schema, owner, roles, sql);
	care_schema_clear(&schema);
	return good;
}

/* ---- doing it ---- */

/* Who has the lock of the runner, or "". The caller frees it. */
static char *find_holder(struct care *care)
{
	char reason[REASON_SIZE];
	PGresult *result = care_ask(care,
	    "SELECT coalesce(nullif(application_name, ''), 'unknown') FROM pg_locks"
	    " JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND granted"
	    " AND (classid, objid, objsubid) = (" RUNNER_LOCK ", 2)"
	    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
	    reason);
	char *name = xstrdup(PQntuples(result) > 0 ? PQgetvalue(result, 0, 0) : "");

	PQclear(result);
	return name;
}

bool care_carry_out(struct care *care, const char *sql, char reason[REASON_SIZE])
{
	PGresult *result = care_ask(care, sql, reason);
	bool good = result != NULL;
	char *holder;

	PQclear(result);
	if (good)
		return true;
	PQclear(PQexec(care->connection, "ROLLBACK"));
	holder = find_holder(care);
	if (strstr(reason, "55P03") != NULL && holder[0] != '\0')
		reason_write(reason,
		    "\"%s\" uses the database: stop it first (systemctl stop iml-plugin-runner)",
		    holder);
	free(holder);
	return false;
}

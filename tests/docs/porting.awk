# SPDX-License-Identifier: MIT
# Makes a source file of the C constructs in the porting table: one that does not compile is wrong
# there. What stands for more, with "...", is passed over.
function declare(type, value) {
	printf "#line %d \"%s\"\nextern const struct %s sample%d[];\nconst struct %s sample%d[] = {%s};\n",
		FNR, FILENAME, type, ++samples, type, samples, value
}

function statement(text) {
	statements = statements sprintf("#line %d \"%s\"\n", FNR, FILENAME) text ";\n"
	samples++
}

function take(text) {
	if (text ~ /\.\.\./)
		return
	if (text ~ /^IML_(STRING|INTEGER|ENUM|BOOLEAN|BYTES|HOSTNAME|PASSWORD|PATH|UUID|REFERENCE)\(/)
		declare("iml_attribute", text)
	else if (text ~ /^\.(optional|hidden|user_read_only|default_value|default_function)/)
		declare("iml_attribute", "{" text "}")
	else if (text ~ /^IML_(GAUGE|COUNTER|HISTOGRAM)\(/)
		declare("iml_statistic", text)
	else if (text ~ /^IML_(UPPER_BOUND|LOWER_BOUND|VALUE_CONDITION)\(/)
		declare("iml_alert_condition", text)
	else if (text ~ /^\.id =/)
		declare("iml_alert_condition", "{" text "}")
	else if (text ~ /^IML_(PROVIDE|SUBSCRIBE)/)
		declare("iml_relation", text)
	else if (text ~ /^IML_[A-Z]*_ID\(/)
		declare("iml_identifier", text)
	else if (text ~ /^\.(name|base|identifier|label|unusable_for_lustre|device_type|charts)/)
		declare("iml_class", "{" text "}")
	else if (text ~ /^(drive = )?iml_[a-z_]*\(/)
		statement(text)
	else if (text !~ /^(static |iml-plugin|systemctl |plugins: |log_level: )/) {
		printf "%s:%d: what is this? %s\n", FILENAME, FNR, text >"/dev/stderr"
		unknown = 1
	}
}

BEGIN {
	print "#include <iml/storage_plugin.h>"
	print "int function(struct iml_resource *resource);"
	print "int obfuscate(const char *password, char *out, size_t size);"
	print "extern const struct iml_class hard_drive, my_class;"
}

/^\.Ql / {
	text = substr($0, 5)
	gsub(/\\\(dq/, "\"", text)
	sub(/ [;,.]$/, "", text)
	gsub(/\.obfuscate = function/, ".obfuscate = obfuscate", text)
	if (text !~ /^\./) {
		number = split(text, parts, / , /)
		for (i = 1; i <= number; i++)
			take(parts[i])
	} else
		take(text)
}

END {
	print "void statements(struct iml_plugin *self, struct iml_resource *drive,"
	print "    struct iml_resource *shelf, const char *s, void *pointer);"
	print "void statements(struct iml_plugin *self, struct iml_resource *drive,"
	print "    struct iml_resource *shelf, const char *s, void *pointer)\n{\n" statements "}"
	exit unknown || samples < 30
}

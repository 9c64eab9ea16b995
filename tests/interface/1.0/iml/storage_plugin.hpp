/* SPDX-License-Identifier: MIT */
/*
 * The macros of storage_plugin.h as C++17 has them; that header includes this one. What each
 * declaration and call means is written there.
 *
 * C++17 has no designated initialisers. What C writes as ".field = value" is ".field(value)" here,
 * behind the declaration that it belongs to instead of inside of it:
 *
 *	C	IML_STRING("name", .optional = true, .max_length = 63)
 *	C++	IML_STRING("name").optional(true).max_length(63)
 *
 * The lists that have a macro of their own (IML_OPTIONS, IML_NUMBERS, IML_BINS, IML_SERIES and
 * IML_MATCH) stay inside: IML_ENUM("status", IML_OPTIONS("OK", "FAILED")).optional(true). A class
 * begins with IML_CLASS(name), and what IML_PLUGIN() is given begins with a dot:
 *
 *	static const iml_class drive = IML_CLASS("HardDrive")
 *		.base(&iml_physical_disk)
 *		.identifier(IML_SCOPED_ID("serial"))
 *		.attributes(IML_ATTRIBUTES(IML_STRING("serial"), IML_BYTES("capacity")));
 *
 *	IML_PLUGIN(acme, .classes(IML_CLASSES(&array, &drive)).initial_scan(initial_scan));
 *
 * A class that is named before it is declared is announced with "extern const iml_class drive;".
 *
 * The calls are the same, but that iml_text() returns a std::string. No exception may leave a
 * function of the plugin that the runner calls.
 */
#ifndef IML_STORAGE_PLUGIN_HPP
#define IML_STORAGE_PLUGIN_HPP

#ifndef IML_STORAGE_PLUGIN_H
#error "include <iml/storage_plugin.h>"
#endif

#include <cstddef>
#include <initializer_list>
#include <string>
#include <type_traits>

namespace iml
{

/* ---------------------------------------------------------------- values */

constexpr iml_value make_value(
    uint32_t kind, int64_t integer, double real, const char *text, iml_resource *resource)
{
	return iml_value{kind, 0, integer, real, text, resource};
}

/* Any number or truth value. */
template <typename Number, typename = std::enable_if_t<std::is_arithmetic_v<Number>>>
constexpr iml_value value_of(Number number)
{
	static_assert(!std::is_same_v<Number, char>, "a character is neither a number nor a text");
	if constexpr (std::is_same_v<Number, bool>)
		return make_value(IML_KIND_BOOLEAN, number, 0, nullptr, nullptr);
	else if constexpr (std::is_floating_point_v<Number>)
		return make_value(IML_KIND_REAL, 0, static_cast<double>(number), nullptr, nullptr);
	else if constexpr (std::is_signed_v<Number>)
		return make_value(IML_KIND_INTEGER, number, 0, nullptr, nullptr);
	else
		return make_value(
		    IML_KIND_UNSIGNED, static_cast<int64_t>(number), 0, nullptr, nullptr);
}

constexpr iml_value value_of(const char *text)
{
	return make_value(text != nullptr ? IML_KIND_TEXT : IML_KIND_NULL, 0, 0, text, nullptr);
}

/* The text lives as long as the string: until the call that the value is passed to returns. */
inline iml_value value_of(const std::string &text)
{
	return value_of(text.c_str());
}

constexpr iml_value value_of(iml_resource *resource)
{
	return make_value(
	    resource != nullptr ? IML_KIND_RESOURCE : IML_KIND_NULL, 0, 0, nullptr, resource);
}

constexpr iml_value value_of(std::nullptr_t)
{
	return make_value(IML_KIND_NULL, 0, 0, nullptr, nullptr);
}

/* A constant of a declaration, where whole numbers are of one kind. */
template <typename Constant> constexpr iml_value default_of(Constant constant)
{
	if constexpr (std::is_integral_v<Constant> && !std::is_same_v<Constant, bool>)
		return value_of(static_cast<int64_t>(constant));
	else
		return value_of(constant);
}

/* ---------------------------------------------------------------- declarations */

/* Texts or numbers that a declaration refers to. Their names tell what they are for. */
template <typename Item, int Purpose> struct list {
	const Item *items;
	uint32_t count;
};

using options = list<const char *, 0>;
using numbers = list<int64_t, 0>;
using bins = list<iml_bin, 0>;
using series = list<const char *, 1>;
using match = list<const char *, 2>;
using names = list<const char *, 3>;

/* A copy of the declaration with one field set. */
#define IML_FIELD_(self_, base_, type_, field_)   \
	constexpr self_ field_(type_ value) const \
	{                                         \
		self_ changed = *this;            \
		changed.base_::field_ = value;    \
		return changed;                   \
	}
#define IML_FUNCTION_(self_, base_, field_, ...)                   \
	constexpr self_ field_(int (*function)(__VA_ARGS__)) const \
	{                                                          \
		self_ changed = *this;                             \
		changed.base_::field_ = function;                  \
		return changed;                                    \
	}

struct attribute : iml_attribute {
	constexpr attribute(uint32_t type_, const char *name_) : iml_attribute{}
	{
		iml_attribute::type = type_;
		iml_attribute::name = name_;
	}
	constexpr attribute(uint32_t type_, const char *name_, iml::options options_)
	    : attribute(type_, name_)
	{
		iml_attribute::options = options_.items;
		iml_attribute::options_count = options_.count;
	}
	constexpr attribute(uint32_t type_, const char *name_, iml::numbers numbers_)
	    : attribute(type_, name_)
	{
		iml_attribute::numbers = numbers_.items;
		iml_attribute::options_count = numbers_.count;
	}
	IML_FIELD_(attribute, iml_attribute, const char *, label)
	IML_FIELD_(attribute, iml_attribute, bool, optional)
	IML_FIELD_(attribute, iml_attribute, bool, hidden)
	IML_FIELD_(attribute, iml_attribute, bool, user_read_only)
	IML_FIELD_(attribute, iml_attribute, iml_limit, min)
	IML_FIELD_(attribute, iml_attribute, iml_limit, max)
	IML_FIELD_(attribute, iml_attribute, uint32_t, max_length)
	IML_FIELD_(attribute, iml_attribute, iml_value, default_value)
	IML_FUNCTION_(attribute, iml_attribute, default_function, iml_resource *)
	IML_FUNCTION_(attribute, iml_attribute, obfuscate, const char *, char *, size_t)
};

struct statistic : iml_statistic {
	constexpr statistic(uint32_t type_, const char *name_) : iml_statistic{}
	{
		iml_statistic::type = type_;
		iml_statistic::name = name_;
	}
	constexpr statistic(uint32_t type_, const char *name_, iml::bins bins_)
	    : statistic(type_, name_)
	{
		iml_statistic::bins = bins_.items;
		iml_statistic::bin_count = bins_.count;
	}
	IML_FIELD_(statistic, iml_statistic, const char *, label)
	IML_FIELD_(statistic, iml_statistic, const char *, units)
	IML_FIELD_(statistic, iml_statistic, int32_t, sample_period)
};

struct condition : iml_alert_condition {
	constexpr condition(uint32_t type_, const char *attribute_) : iml_alert_condition{}
	{
		iml_alert_condition::type = type_;
		iml_alert_condition::attribute = attribute_;
	}
	IML_FIELD_(condition, iml_alert_condition, const char *, id)
	IML_FIELD_(condition, iml_alert_condition, const char *, message)
	IML_FIELD_(condition, iml_alert_condition, iml_bound, error_bound)
	IML_FIELD_(condition, iml_alert_condition, iml_bound, warn_bound)
	IML_FIELD_(condition, iml_alert_condition, iml_bound, info_bound)
	IML_FIELD_(condition, iml_alert_condition, iml_states, error_states)
	IML_FIELD_(condition, iml_alert_condition, iml_states, warn_states)
	IML_FIELD_(condition, iml_alert_condition, iml_states, info_states)
	IML_FIELD_(condition, iml_alert_condition, uint32_t, raise_after)
	IML_FIELD_(condition, iml_alert_condition, uint32_t, clear_after)
};

constexpr iml_chart make_chart(const char *title, iml::series series_)
{
	return iml_chart{title, series_.items, series_.count};
}

struct relation : iml_relation {
	constexpr relation(uint32_t type_, const iml_class *target_, iml::match match_)
	    : iml_relation{}
	{
		iml_relation::type = type_;
		iml_relation::target = target_;
		iml_relation::attributes = match_.items;
		iml_relation::attribute_count = match_.count;
	}
	constexpr relation(
	    uint32_t type_, const char *plugin_, const char *class_, iml::match match_)
	    : relation(type_, nullptr, match_)
	{
		iml_relation::target_plugin = plugin_;
		iml_relation::target_class = class_;
	}
	IML_FIELD_(relation, iml_relation, bool, ignore_case)
};

struct class_ : iml_class {
	constexpr explicit class_(const char *name_) : iml_class{}
	{
		iml_class::name = name_;
	}
	IML_FIELD_(class_, iml_class, const char *, label)
	IML_FIELD_(class_, iml_class, const iml_class *, base)
	IML_FIELD_(class_, iml_class, iml_identifier, identifier)
	IML_FIELD_(class_, iml_class, iml_attribute_table, attributes)
	IML_FIELD_(class_, iml_class, iml_statistic_table, statistics)
	IML_FIELD_(class_, iml_class, iml_alert_condition_table, alert_conditions)
	IML_FUNCTION_(class_, iml_class, get_label, iml_resource *, char *, size_t)
	IML_FIELD_(class_, iml_class, bool, unusable_for_lustre)
	IML_FIELD_(class_, iml_class, const char *, device_type)
	IML_FIELD_(class_, iml_class, iml_chart_table, charts)
	IML_FIELD_(class_, iml_class, iml_relation_table, relations)
};

struct definition : iml_plugin_definition {
	constexpr definition(const char *name_, const iml_calls **calls_) : iml_plugin_definition{}
	{
		iml_plugin_definition::magic = IML_PLUGIN_MAGIC;
		iml_plugin_definition::major = IML_API_MAJOR;
		iml_plugin_definition::minor = IML_API_MINOR;
		iml_plugin_definition::size = sizeof(iml_plugin_definition);
		iml_plugin_definition::class_size = sizeof(iml_class);
		iml_plugin_definition::attribute_size = sizeof(iml_attribute);
		iml_plugin_definition::statistic_size = sizeof(iml_statistic);
		iml_plugin_definition::alert_condition_size = sizeof(iml_alert_condition);
		iml_plugin_definition::chart_size = sizeof(iml_chart);
		iml_plugin_definition::relation_size = sizeof(iml_relation);
		iml_plugin_definition::name = name_;
		iml_plugin_definition::calls = calls_;
	}
	IML_FIELD_(definition, iml_plugin_definition, iml_class_table, classes)
	IML_FUNCTION_(definition, iml_plugin_definition, initial_scan, iml_plugin *, iml_resource *)
	IML_FUNCTION_(definition, iml_plugin_definition, update_scan, iml_plugin *, iml_resource *)
	IML_FUNCTION_(definition, iml_plugin_definition, teardown, iml_plugin *)
	IML_FIELD_(definition, iml_plugin_definition, bool, internal)
};

#undef IML_FIELD_
#undef IML_FUNCTION_

/* ---------------------------------------------------------------- calls */

/* There is a function of this name too. */
using setting = struct iml_setting;

template <typename... Settings>
iml_resource *report(iml_plugin *self, const iml_class *declared, bool *created, const char *place,
    iml_resource *const *parents, size_t parent_count, const Settings &...settings)
{
	/* One more than there are: an array can't be empty. */
	const setting list[sizeof...(settings) + 1] = {settings...};
	const struct iml_report arguments = {
	    parents, parent_count, list, sizeof...(settings), created};

	return iml_calls_->update_or_create(self, declared, &arguments, place);
}

template <typename... Settings>
iml_resource *report(iml_plugin *self, const iml_class *declared, bool *created, const char *place,
    std::initializer_list<iml_resource *> parents, const Settings &...settings)
{
	return report(self, declared, created, place, parents.begin(), parents.size(), settings...);
}

inline int find(iml_plugin *self, const iml_class *declared, iml_resource **found, size_t size,
    size_t *count, const char *place, std::initializer_list<setting> settings)
{
	return iml_calls_->find(
	    self, declared, settings.begin(), settings.size(), found, size, count, place);
}

inline int remove_by_attr(iml_plugin *self, const iml_class *declared, const char *place,
    std::initializer_list<setting> settings)
{
	return iml_calls_->remove_by_attr(self, declared, settings.begin(), settings.size(), place);
}

inline std::string text(iml_resource *resource, const char *name, const char *place)
{
	char buffer[1024];

	return iml_text_at(resource, name, buffer, sizeof(buffer), place);
}

} // namespace iml

/* ---------------------------------------------------------------- macros */

/* Items with static storage duration, in what is made of their address and number. */
#define IML_STATIC_(result_, item_, ...)                                                        \
	([]() -> result_ {                                                                      \
		static const item_ items[] = {__VA_ARGS__};                                     \
		return result_{items, static_cast<uint32_t>(sizeof(items) / sizeof(items[0]))}; \
	}())

#define IML_CLASS(name_) iml::class_(name_)

#undef IML_NULL
#define IML_NULL nullptr

#undef IML_LIMIT
#define IML_LIMIT(limit_) (iml_limit{(limit_), 1})
#undef IML_BOUND
#define IML_BOUND(bound_) (iml_bound{(bound_), 1})
#undef IML_DEFAULT
#define IML_DEFAULT(constant_) iml::default_of(constant_)

#undef IML_ATTRIBUTE_
#define IML_ATTRIBUTE_(...) iml::attribute(__VA_ARGS__)
#undef IML_OPTIONS
#define IML_OPTIONS(...) IML_STATIC_(iml::options, char *const, __VA_ARGS__)
#undef IML_NUMBERS
#define IML_NUMBERS(...) IML_STATIC_(iml::numbers, int64_t, __VA_ARGS__)
#undef IML_ATTRIBUTES
#define IML_ATTRIBUTES(...) IML_STATIC_(iml_attribute_table, iml_attribute, __VA_ARGS__)

#undef IML_ID_
#define IML_ID_(scope_, ...)                                                            \
	([]() -> iml_identifier {                                                       \
		const iml::names n = IML_STATIC_(iml::names, char *const, __VA_ARGS__); \
		return iml_identifier{(scope_), n.count, n.items};                      \
	}())
#undef IML_AUTO_ID
#define IML_AUTO_ID() (iml_identifier{IML_ID_AUTO, 0, nullptr})

#undef IML_STATISTIC_
#define IML_STATISTIC_(...) iml::statistic(__VA_ARGS__)
#undef IML_BINS
#define IML_BINS(...) IML_STATIC_(iml::bins, iml_bin, __VA_ARGS__)
#undef IML_STATISTICS
#define IML_STATISTICS(...) IML_STATIC_(iml_statistic_table, iml_statistic, __VA_ARGS__)

#undef IML_CHART
#define IML_CHART(...) iml::make_chart(__VA_ARGS__)
#undef IML_SERIES
#define IML_SERIES(...) IML_STATIC_(iml::series, char *const, __VA_ARGS__)
#undef IML_CHARTS
#define IML_CHARTS(...) IML_STATIC_(iml_chart_table, iml_chart, __VA_ARGS__)

#undef IML_RELATION_
#define IML_RELATION_(...) iml::relation(__VA_ARGS__)
#undef IML_RELATION_TO_
#define IML_RELATION_TO_(...) iml::relation(__VA_ARGS__)
#undef IML_MATCH
#define IML_MATCH(...) IML_STATIC_(iml::match, char *const, __VA_ARGS__)
#undef IML_RELATIONS
#define IML_RELATIONS(...) IML_STATIC_(iml_relation_table, iml_relation, __VA_ARGS__)

#undef IML_CONDITION_
#define IML_CONDITION_(...) iml::condition(__VA_ARGS__)
#undef IML_STATES
#define IML_STATES(...) IML_STATIC_(iml_states, char *const, __VA_ARGS__)
#undef IML_ALERT_CONDITIONS
#define IML_ALERT_CONDITIONS(...) \
	IML_STATIC_(iml_alert_condition_table, iml_alert_condition, __VA_ARGS__)

#undef IML_CLASSES
#define IML_CLASSES(...) IML_STATIC_(iml_class_table, iml_class *const, __VA_ARGS__)

#undef IML_PLUGIN
#define IML_PLUGIN(name_, ...)                                                    \
	__attribute__((visibility("hidden"))) const struct iml_calls *iml_calls_; \
	extern "C" {                                                              \
	extern __attribute__((visibility("default")))                             \
	const struct iml_plugin_definition iml_plugin_definition_##name_;         \
	const struct iml_plugin_definition iml_plugin_definition_##name_ =        \
	    iml::definition(#name_, &iml_calls_) __VA_ARGS__;                     \
	}                                                                         \
	static_assert(true, "a semicolon may follow")

#define IML_VALUE(value_) iml::value_of(value_)
#define IML_SET(name_, value_) (iml::setting{(name_), IML_VALUE(value_)})

#undef IML_PARENTS
#define IML_PARENTS(...)                      \
	std::initializer_list<iml_resource *> \
	{                                     \
		__VA_ARGS__                   \
	}
#undef IML_NO_PARENTS
#define IML_NO_PARENTS                        \
	std::initializer_list<iml_resource *> \
	{                                     \
	}

#undef iml_report_
#define iml_report_(self_, class_, created_, place_, ...) \
	iml::report((self_), (class_), (created_), (place_), __VA_ARGS__)
#undef IML_REPORT_
#undef iml_find
#define iml_find(self_, class_, found_, size_, count_, ...) \
	iml::find((self_), (class_), (found_), (size_), (count_), IML_PLACE, {__VA_ARGS__})
#undef iml_remove_by_attr
#define iml_remove_by_attr(self_, class_, ...) \
	iml::remove_by_attr((self_), (class_), IML_PLACE, {__VA_ARGS__})
#undef iml_text
#define iml_text(resource_, name_) iml::text((resource_), (name_), IML_PLACE)

#endif

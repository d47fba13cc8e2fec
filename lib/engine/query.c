/* SPDX-License-Identifier: MIT */
#include "engine/query.h"

#include "base/buf.h"

/* The customers for whom a condition is true: from texts to a table. */

/* ---- what is given ---- */

static churn_status take_options(churn__query *q, const churn_select_options *given,
                                 churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(
        churn__copy_struct(&q->options, sizeof q->options, given, "churn_select_options", err));
    if (q->options.flags != 0 || q->options.reserved != 0) {
        CHURN_FAIL(CHURN_E_ARG, 0, "churn_select_options: flags and reserved must be zero");
    }
    if (q->options.select_count > 0 && q->options.select == NULL) {
        CHURN_TRY(churn__fail_null(err, "churn_select_options", "select"));
    }
    if (q->options.order_count > 0 && q->options.order == NULL) {
        CHURN_TRY(churn__fail_null(err, "churn_select_options", "order"));
    }
    if (q->options.param_count > 0 && q->options.params == NULL) {
        CHURN_TRY(churn__fail_null(err, "churn_select_options", "params"));
    }
done:
    return st;
}

static churn_query_options narrowed(const churn_select_options *options)
{
    return (churn_query_options){.struct_size = sizeof(churn_query_options),
                                 .customer = options->customer,
                                 .customers = options->customers,
                                 .customer_count = options->customer_count,
                                 .cancel = options->cancel};
}

static churn_status take_text(const churn__query *q, churn_str given, const char *what,
                              churn_str *out, churn_error *err)
{
    size_t most = q->asking.engine->playbook->limits.expression_bytes;
    if (given.ptr == NULL) {
        return churn__fail_null(err, "churn_engine_query", what);
    }
    return churn__take_str(given.ptr, given.len, false, most, what, out, err);
}

static churn_status take_value(const churn__query *q, const churn_value *given, churn__value *out,
                               churn_error *err)
{
    out->type = (churn__type)given->type;
    switch (given->type) {
    case CHURN_TYPE_BOOL:
        out->as.b = given->truth != 0;
        return CHURN_OK;
    case CHURN_TYPE_DOUBLE:
        out->as.d = given->number;
        return CHURN_OK;
    case CHURN_TYPE_STRING:
        return take_text(q, given->string, "params: a text", &out->as.s, err);
    case CHURN_TYPE_INT:
    case CHURN_TYPE_TIME:
    case CHURN_TYPE_DURATION:
        out->as.i = given->integer;
        return CHURN_OK;
    default:
        return churn__fail(err, CHURN_E_ARG, 0, "params: a value has no type");
    }
}

static churn_status take_parameters(churn__query *q, churn__question_parameter **out,
                                    churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t count = q->options.param_count;
    churn__question_parameter *own = churn__arena_array(&q->arena, count, sizeof *own);
    *out = own;
    if (own == NULL) {
        return churn__fail_memory(err, q->heap);
    }
    for (uint32_t i = 0; i < count; i++) {
        CHURN_TRY(take_text(q, q->options.params[i].name, "params: a name", &own[i].name, err));
        if (!churn__is_name(own[i].name)) {
            CHURN_FAIL(CHURN_E_ARG, 0, "params: %q is no name", &own[i].name);
        }
        CHURN_TRY(take_value(q, &q->options.params[i].value, &own[i].value, err));
    }
done:
    return st;
}

/* ---- compiling ---- */

static churn_str trimmed(churn_str s)
{
    while (s.len > 0 && (unsigned char)s.ptr[0] <= ' ') {
        s = (churn_str){s.ptr + 1, s.len - 1};
    }
    while (s.len > 0 && (unsigned char)s.ptr[s.len - 1] <= ' ') {
        s.len--;
    }
    return s;
}

/* "select[3]" */
static churn_str part_name(churn__query *q, const char *what, uint32_t i)
{
    char text[32];
    size_t len = churn__format(text, sizeof text, "%s[%u]", what, (uint64_t)i);
    return churn__arena_str(&q->arena, text, len);
}

static bool is_word_byte(char c, bool first)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           (!first && c >= '0' && c <= '9');
}

/* "mrr: metric.mrr": no expression begins with a name and a colon. Returns what is before the
 * expression. */
static size_t name_before(churn_str text, churn_str *name)
{
    size_t from = 0, to, at;
    *name = (churn_str){NULL, 0};
    while (from < text.len && text.ptr[from] == ' ') {
        from++;
    }
    for (to = from; to < text.len && is_word_byte(text.ptr[to], to == from); to++) {
    }
    for (at = to; at < text.len && text.ptr[at] == ' '; at++) {
    }
    if (to == from || at == text.len || text.ptr[at] != ':') {
        return 0;
    }
    *name = (churn_str){text.ptr + from, to - from};
    return at + 1;
}

/* A name by itself is looked at where it is, which lists can only be. */
static void compile_value(churn__query *q, churn__query_part *part, churn_str text, uint32_t column)
{
    part->expr = NULL;
    part->slot = churn__question_slot(q->question, trimmed(text));
    if (part->slot != CHURN__NONE) {
        part->type = churn__question_view(q->question)->slots[part->slot].type;
        q->slots[q->slot_count++] = part->slot;
        return;
    }
    part->expr = churn__question_compile(q->question, part->part, text, column, 0);
    part->type = part->expr == NULL ? 0 : churn__expr_type(part->expr);
    if (part->type == CHURN__TYPE_STRINGS) {
        churn__question_blame(q->question, part->part, "a list can only be shown by its name");
    }
}

static void compile_column(churn__query *q, churn__query_part *column, churn_str text, uint32_t i)
{
    churn_str name;
    size_t from = name_before(text, &name);
    churn_str rest = {text.ptr + from, text.len - from};
    column->part = part_name(q, "select", i);
    churn_str shown = name.ptr == NULL ? trimmed(rest) : name;
    column->name = churn__arena_str(&q->arena, shown.ptr, shown.len);
    compile_value(q, column, rest, (uint32_t)from + 1);
    bool taken = churn__str_eq(column->name, CHURN__STR("customer"));
    for (uint32_t j = 0; j < i; j++) {
        taken = taken || churn__str_eq(column->name, q->columns[j].name);
    }
    if (taken) {
        churn__question_blame(q->question, column->part,
                              "a column of that name is there already: give it another name, as in "
                              "`other: <expression>`");
    }
}

static const churn__query_part *column_named(const churn__query *q, churn_str name)
{
    for (uint32_t i = 0; i < q->column_count; i++) {
        if (churn__str_eq(q->columns[i].name, name)) {
            return &q->columns[i];
        }
    }
    return NULL;
}

static void compile_key(churn__query *q, churn__query_part *key, churn_str text, uint32_t i)
{
    uint32_t from = 0;
    while (from < text.len && text.ptr[from] == ' ') {
        from++;
    }
    bool descending = from < text.len && text.ptr[from] == '-';
    from += descending;
    churn_str rest = {text.ptr + from, text.len - from};
    const churn__query_part *column = column_named(q, trimmed(rest));
    churn_str part = part_name(q, "order", i);
    if (column != NULL) {
        *key = *column;
    } else {
        key->part = part;
        compile_value(q, key, rest, from + 1);
    }
    key->part = part;
    key->descending = descending;
    if (key->type == CHURN__TYPE_STRINGS) {
        churn__question_blame(q->question, part, "lists have no order");
    }
}

static churn_status compile_columns(churn__query *q, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t count = q->options.select_count;
    q->columns = churn__arena_array(&q->arena, count, sizeof *q->columns);
    if (q->columns == NULL) {
        CHURN_TRY(churn__fail_memory(err, q->heap));
    }
    for (uint32_t i = 0; i < count; i++) {
        churn_str text;
        CHURN_TRY(take_text(q, q->options.select[i], "select", &text, err));
        compile_column(q, &q->columns[i], text, i);
        q->column_count++;
    }
done:
    return st;
}

static churn_status compile_keys(churn__query *q, churn_error *err)
{
    churn_status st = CHURN_OK;
    uint32_t count = q->options.order_count;
    q->keys = churn__arena_array(&q->arena, count, sizeof *q->keys);
    if (q->keys == NULL) {
        CHURN_TRY(churn__fail_memory(err, q->heap));
    }
    for (uint32_t i = 0; i < count; i++) {
        churn_str text;
        CHURN_TRY(take_text(q, q->options.order[i], "order", &text, err));
        compile_key(q, &q->keys[i], text, i);
        q->key_count++;
    }
done:
    return st;
}

/* Without `select`: what the condition reads, so that one sees why. */
static churn_status show_inputs(churn__query *q, churn_error *err)
{
    uint32_t count = 0;
    const uint32_t *slots = q->where == NULL ? NULL : churn__expr_slots(q->where, &count);
    const churn_playbook *view = churn__question_view(q->question);
    q->columns = churn__arena_array(&q->arena, count, sizeof *q->columns);
    if (q->columns == NULL) {
        return churn__fail_memory(err, q->heap);
    }
    for (uint32_t i = 0; i < count; i++) {
        const churn__slot *slot = &view->slots[slots[i]];
        q->columns[i] =
            (churn__query_part){.name = slot->name, .slot = slots[i], .type = slot->type};
    }
    q->column_count = count;
    return CHURN_OK;
}

static churn_status compile_all(churn__query *q, churn_table **diagnostics, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__question_parameter *params = NULL;
    CHURN_TRY(take_parameters(q, &params, err));
    q->question =
        churn__question_create(q->heap, q->asking.engine->playbook, params, q->options.param_count);
    if (q->question == NULL) {
        CHURN_TRY(churn__fail_memory(err, q->heap));
    }
    if (trimmed(q->text).len > 0) {
        q->where =
            churn__question_compile(q->question, CHURN__STR("where"), q->text, 1, CHURN__TYPE_BOOL);
    }
    q->slots = churn__arena_array(
        &q->arena, (size_t)q->options.select_count + q->options.order_count, sizeof *q->slots);
    if (q->slots == NULL) {
        CHURN_TRY(churn__fail_memory(err, q->heap));
    }
    if (q->options.select != NULL) {
        CHURN_TRY(compile_columns(q, err));
    } else {
        CHURN_TRY(show_inputs(q, err));
    }
    CHURN_TRY(compile_keys(q, err));
    CHURN_TRY(churn__question_verdict(q->question, diagnostics, err));
done:
    return st;
}

/* ---- asking ---- */

static churn_status open_answer(churn__query *q, churn_error *err)
{
    if (q->where != NULL) {
        (void)churn__expr_slots(q->where, &q->input_count);
    }
    q->missing =
        churn__arena_array(&q->arena, (size_t)q->input_count * CHURN__REASONS, sizeof *q->missing);
    q->faults = churn__arena_array(&q->arena, CHURN__QUERY_FAULTS, sizeof *q->faults);
    q->builder = churn__table_begin(churn__store_heap(q->asking.engine->store), 0);
    if (q->missing == NULL || q->faults == NULL || q->builder == NULL) {
        return churn__fail_memory(err, q->heap);
    }
    churn__table_column(q->builder, "customer", CHURN_COLUMN_STRING);
    for (uint32_t i = 0; i < q->column_count; i++) {
        churn__table_column(q->builder, q->columns[i].name.ptr,
                            churn__table_type(q->columns[i].type));
    }
    return CHURN_OK;
}

static churn_status walk(churn__query *q, churn_error *err)
{
    churn__frame_options want = {.only_score = CHURN__NONE,
                                 .playbook = churn__question_view(q->question),
                                 .slots = q->slots,
                                 .slot_count = q->slot_count};
    want.reads = churn__question_expressions(q->question, &want.read_count);
    const churn__walk walk = {.engine = q->asking.engine,
                              .version = q->asking.version,
                              .order = q->asking.order,
                              .count = q->asking.count,
                              .dates = &q->as_of,
                              .date_count = 1,
                              .want = &want,
                              .named = true,
                              .use = churn__query_use,
                              .context = q,
                              .cancel = q->asking.options.cancel,
                              .counter = q->asking.options.cancel};
    return churn__walk_all(&walk, err);
}

static churn_status answer(churn__query *q, churn_table **out, churn_table **reasons,
                           churn_table **diagnostics, churn_error *err)
{
    churn_status st = CHURN_OK;
    CHURN_TRY(compile_all(q, diagnostics, err));
    CHURN_TRY(open_answer(q, err));
    CHURN_TRY(walk(q, err));
    CHURN_TRY(churn__query_finish(q, err));
    if (reasons != NULL) {
        CHURN_TRY(churn__query_reasons(q, reasons, err));
    }
    st = churn__table_finish(q->builder, out, err);
    q->builder = NULL;
done:
    return st;
}

static void query_clear(churn__query *q)
{
    churn__table_abandon(q->builder);
    churn__question_free(q->question);
    if (q->heap != NULL) {
        churn__free_array(q->heap, q->rows, q->row_capacity, sizeof *q->rows);
        churn__arena_clear(&q->kept);
        churn__arena_clear(&q->arena);
    }
    churn__asking_end(&q->asking);
}

static churn_status ask(churn__query *q, churn_engine *engine, churn_str text, churn_error *err)
{
    churn_status st = CHURN_OK;
    const churn_query_options narrow = narrowed(&q->options);
    CHURN_TRY(churn__asking_begin(engine, &narrow, 0, &q->as_of, 1, &q->asking, err));
    q->heap = engine->heap;
    churn__arena_init(&q->arena, q->heap);
    churn__arena_init(&q->kept, q->heap);
    CHURN_TRY(take_text(q, text, "text", &q->text, err));
done:
    return st;
}

static void outputs_clear(churn_table **out, churn_table **reasons, churn_table **diagnostics)
{
    churn_table **all[] = {out, reasons, diagnostics};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (all[i] != NULL) {
            *all[i] = NULL;
        }
    }
}

churn_status churn_engine_query(churn_engine *engine, const char *text, size_t len,
                                churn_time as_of, const churn_select_options *options,
                                churn_table **out, churn_query_summary *summary,
                                churn_table **reasons, churn_table **diagnostics, churn_error *err)
{
    churn_status st = CHURN_OK;
    churn__query q = {.as_of = as_of};
    outputs_clear(out, reasons, diagnostics);
    if (out == NULL || text == NULL) {
        return churn__fail_null(err, "churn_engine_query", out == NULL ? "out" : "text");
    }
    if (summary != NULL) {
        CHURN_TRY(churn__check_struct(summary, "churn_query_summary", err));
    }
    CHURN_TRY(take_options(&q, options, err));
    CHURN_TRY(ask(&q, engine, (churn_str){text, len}, err));
    CHURN_TRY(answer(&q, out, reasons, diagnostics, err));
    if (summary != NULL) {
        st = churn__give_struct(summary, &q.summary, sizeof q.summary, "churn_query_summary", err);
    }
done:
    query_clear(&q);
    if (st != CHURN_OK && reasons != NULL) {
        churn_table_free(*reasons);
        *reasons = NULL;
    }
    return st;
}

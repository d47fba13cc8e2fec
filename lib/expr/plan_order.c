/* SPDX-License-Identifier: MIT */
#include "expr/plan.h"

/*
 * In which order and for which rows a plan computes. Chains of && and || are flattened and sorted;
 * what only a later operand needs, or only a branch of ?:, forms a region that is left out for a
 * piece in which no row needs it. What several regions need goes to the innermost one that holds
 * them all, so that it is there whichever of them is left out.
 */

/* ---- what is needed, and by how many ---- */

static void use(plan_maker *maker, uint32_t node)
{
    maker->nodes[node].needed = true;
    maker->nodes[node].uses++;
}

static void count_uses(plan_maker *maker)
{
    for (uint32_t i = 0; i < maker->root_count; i++) {
        use(maker, maker->roots[i]);
    }
    for (size_t i = maker->node_count; i > 0; i--) {
        const plan_node *node = &maker->nodes[i - 1];
        if (node->needed && node->kind == NODE_OF_CODE) {
            use(maker, node->a);
            if (node->b != node->a) {
                use(maker, node->b);
            }
            if (node->c != node->a && node->c != node->b) {
                use(maker, node->c);
            }
        }
    }
}

/* What is used elsewhere too is computed anyway. */
static double cost_of(const plan_maker *maker, uint32_t node)
{
    return maker->nodes[node].uses > 1 ? 0 : maker->nodes[node].cost;
}

static void weigh(plan_maker *maker)
{
    for (size_t i = 0; i < maker->node_count; i++) {
        plan_node *node = &maker->nodes[i];
        node->odds = 0.5;
        if (node->kind != NODE_OF_CODE) {
            continue;
        }
        double a = maker->nodes[node->a].odds, b = maker->nodes[node->b].odds;
        node->cost = churn__expr_cost(&node->code) + cost_of(maker, node->a);
        node->cost += node->b != node->a ? cost_of(maker, node->b) : 0;
        node->cost += node->c != node->a && node->c != node->b ? cost_of(maker, node->c) : 0;
        node->odds = node->code.op == OP_AND   ? a * b
                     : node->code.op == OP_OR  ? a + b - a * b
                     : node->code.op == OP_NOT ? 1 - a
                                               : churn__expr_odds(&node->code);
    }
}

/* ---- chains ---- */

static bool add_arg(plan_maker *maker, uint32_t arg)
{
    if (!churn__grow(maker->heap, (void **)&maker->args, &maker->arg_capacity, maker->arg_count + 1,
                     sizeof *maker->args) ||
        !churn__grow(maker->heap, (void **)&maker->arg_regions, &maker->arg_region_capacity,
                     maker->arg_count + 1, sizeof *maker->arg_regions)) {
        return false;
    }
    maker->arg_regions[maker->arg_count] = EXPR_NONE;
    maker->args[maker->arg_count++] = arg;
    return true;
}

/* Cost for each row that it decides. */
static double rank_of(const plan_maker *maker, uint32_t arg, uint8_t op)
{
    const plan_node *node = &maker->nodes[arg];
    double decides = op == OP_AND ? 1 - node->odds : node->odds;
    return (cost_of(maker, arg) + 0.05) / (decides + 0.01);
}

static void sort_args(plan_maker *maker, const plan_node *chain)
{
    uint32_t *args = maker->args + chain->first_arg;
    for (uint32_t i = 1; i < chain->arg_count; i++) {
        uint32_t arg = args[i], at = i;
        double rank = rank_of(maker, arg, chain->code.op);
        while (at > 0 && rank_of(maker, args[at - 1], chain->code.op) > rank) {
            args[at] = args[at - 1];
            at--;
        }
        args[at] = arg;
    }
}

static bool flatten(plan_maker *maker, uint32_t number)
{
    plan_node *chain = &maker->nodes[number];
    chain->first_arg = (uint32_t)maker->arg_count;
    if (!add_arg(maker, chain->a) || !add_arg(maker, chain->b)) {
        return false;
    }
    for (size_t i = chain->first_arg; i < maker->arg_count;) {
        plan_node *arg = &maker->nodes[maker->args[i]];
        if (!plan_is_chain(arg) || arg->code.op != chain->code.op || arg->uses > 1) {
            i++;
            continue;
        }
        arg->absorbed = true;
        maker->args[i] = arg->a;
        if (!add_arg(maker, arg->b)) {
            return false;
        }
    }
    chain->arg_count = (uint32_t)maker->arg_count - chain->first_arg;
    sort_args(maker, chain);
    return true;
}

static bool flatten_all(plan_maker *maker)
{
    for (size_t i = maker->node_count; i > 0; i--) {
        const plan_node *node = &maker->nodes[i - 1];
        if (node->needed && !node->absorbed && plan_is_chain(node) &&
            !flatten(maker, (uint32_t)i - 1)) {
            return false;
        }
    }
    return true;
}

/* ---- regions ---- */

/* A region inside another one; EXPR_NONE where there is nothing to leave out, or too deep. */
static bool open_region(plan_maker *maker, uint32_t parent, uint32_t node, uint32_t *out)
{
    *out = EXPR_NONE;
    uint32_t depth = parent == EXPR_NONE ? 0 : maker->regions[parent].depth + 1;
    if (node != EXPR_NONE &&
        (maker->nodes[node].kind != NODE_OF_CODE || depth > EXPR_REGION_DEPTH)) {
        return true;
    }
    if (!churn__grow(maker->heap, (void **)&maker->regions, &maker->region_capacity,
                     maker->region_count + 1, sizeof *maker->regions)) {
        return false;
    }
    maker->regions[maker->region_count] =
        (plan_region){.parent = parent, .depth = depth, .head = EXPR_NONE, .tail = EXPR_NONE};
    *out = (uint32_t)maker->region_count++;
    return true;
}

static uint32_t common_region(const plan_maker *maker, uint32_t a, uint32_t b)
{
    const plan_region *regions = maker->regions;
    while (a != b) {
        if (regions[a].depth >= regions[b].depth) {
            a = regions[a].parent;
        } else {
            b = regions[b].parent;
        }
    }
    return a;
}

static void use_in(plan_maker *maker, uint32_t number, uint32_t region)
{
    plan_node *node = &maker->nodes[number];
    node->region = node->region == EXPR_NONE ? region : common_region(maker, node->region, region);
}

/* An operand that is needed for a part of the rows only. */
static bool use_inside(plan_maker *maker, uint32_t number, uint32_t region, uint32_t *out)
{
    if (!open_region(maker, region, number, out)) {
        return false;
    }
    use_in(maker, number, *out != EXPR_NONE ? *out : region);
    return true;
}

static bool divide_chain(plan_maker *maker, const plan_node *chain)
{
    const uint32_t *args = maker->args + chain->first_arg;
    uint32_t *regions = maker->arg_regions + chain->first_arg;
    use_in(maker, args[0], chain->region);
    for (uint32_t i = 1; i < chain->arg_count; i++) {
        if (!use_inside(maker, args[i], chain->region, &regions[i])) {
            return false;
        }
    }
    return true;
}

static bool divide(plan_maker *maker, uint32_t number)
{
    plan_node *node = &maker->nodes[number];
    if (node->kind == NODE_OF_OUTPUT) {
        node->region = 0;
        return use_inside(maker, node->a, 0, &node->branch[0]);
    }
    if (plan_is_chain(node)) {
        return divide_chain(maker, node);
    }
    use_in(maker, node->a, node->region);
    if (node->code.op == OP_SELECT) {
        return use_inside(maker, node->b, node->region, &node->branch[0]) &&
               use_inside(maker, node->c, node->region, &node->branch[1]);
    }
    use_in(maker, node->b, node->region);
    use_in(maker, node->c, node->region);
    return true;
}

static bool is_computed(const plan_node *node)
{
    return (node->kind == NODE_OF_CODE && node->needed && !node->absorbed) ||
           node->kind == NODE_OF_OUTPUT;
}

static bool divide_all(plan_maker *maker)
{
    uint32_t top;
    if (!open_region(maker, EXPR_NONE, EXPR_NONE, &top)) {
        return false;
    }
    if (maker->root_count == 1) {
        use_in(maker, maker->roots[0], top);
    }
    for (size_t i = maker->node_count; i > 0; i--) {
        plan_node *node = &maker->nodes[i - 1];
        if (!is_computed(node)) {
            continue;
        }
        if (!divide(maker, (uint32_t)i - 1)) {
            return false;
        }
        plan_region *region = &maker->regions[node->region];
        node->next = region->head;
        region->head = (uint32_t)i - 1;
    }
    return true;
}

/* With several outputs each is a region, because it may not be wanted. */
static bool add_outputs(plan_maker *maker)
{
    for (uint32_t i = 0; maker->root_count > 1 && i < maker->root_count; i++) {
        plan_node node = {.kind = NODE_OF_OUTPUT,
                          .a = maker->roots[i],
                          .slot = i,
                          .region = EXPR_NONE,
                          .branch = {EXPR_NONE, EXPR_NONE}};
        if (!churn__grow(maker->heap, (void **)&maker->nodes, &maker->node_capacity,
                         maker->node_count + 1, sizeof *maker->nodes)) {
            return false;
        }
        maker->nodes[maker->node_count++] = node;
    }
    return true;
}

/* ---- steps ---- */

static bool emit(plan_maker *maker, const plan_step *step, uint32_t *out)
{
    if (!churn__grow(maker->heap, (void **)&maker->steps, &maker->step_capacity,
                     maker->step_count + 1, sizeof *maker->steps)) {
        return false;
    }
    *out = (uint32_t)maker->step_count++;
    maker->steps[*out] = *step;
    maker->nodes[step->a].last = maker->nodes[step->b].last = maker->nodes[step->c].last = *out;
    return true;
}

static bool emit_region(plan_maker *maker, uint32_t region);

/* The way into a region, whose end `*entry` still has to be told. */
static bool emit_inside(plan_maker *maker, uint32_t region, uint32_t from, uint32_t decides,
                        uint8_t rows, uint32_t *entry)
{
    *entry = EXPR_NONE;
    if (region == EXPR_NONE || maker->regions[region].head == EXPR_NONE) {
        return true;
    }
    plan_step step = {.kind = STEP_ENTER,
                      .rows = rows,
                      .to = decides,
                      .a = decides,
                      .b = decides,
                      .c = decides,
                      .region = region,
                      .from = from};
    return emit(maker, &step, entry) && emit_region(maker, region);
}

static void leave_to(plan_maker *maker, uint32_t entry)
{
    if (entry != EXPR_NONE) {
        maker->steps[entry].skip = (uint32_t)maker->step_count;
    }
}

static bool emit_chain(plan_maker *maker, uint32_t number)
{
    const plan_node chain = maker->nodes[number];
    const uint32_t *args = maker->args + chain.first_arg;
    uint8_t rows = chain.code.op == OP_AND ? REGION_NOT_FALSE : REGION_NOT_TRUE;
    uint32_t at, first = EXPR_NONE;
    plan_step step = {.kind = STEP_BEGIN,
                      .to = number,
                      .a = args[0],
                      .b = args[0],
                      .c = args[0],
                      .region = chain.region,
                      .code = chain.code};
    if (!emit(maker, &step, &at)) {
        return false;
    }
    step.kind = STEP_JOIN;
    for (uint32_t i = 1; i < chain.arg_count; i++) {
        uint32_t entry;
        step.a = step.b = step.c = args[i];
        if (!emit_inside(maker, maker->arg_regions[chain.first_arg + i], chain.region, number, rows,
                         &entry) ||
            !emit(maker, &step, &at)) {
            return false;
        }
        if (entry != EXPR_NONE) { /* the ends of all entries are linked until they are known */
            maker->steps[entry].skip = first;
            first = entry;
        }
    }
    while (first != EXPR_NONE) {
        uint32_t next = maker->steps[first].skip;
        leave_to(maker, first);
        first = next;
    }
    return true;
}

/* Whether an instruction stands on one column of strings and constants alone. */
static bool by_entry(const plan_maker *maker, const plan_node *node, uint32_t *slot)
{
    const uint32_t operands[] = {node->a, node->b, node->c};
    *slot = EXPR_NONE;
    for (size_t i = 0; i < 3; i++) {
        const plan_node *operand = &maker->nodes[operands[i]];
        if (operand->kind == NODE_OF_CONST) {
            continue;
        }
        if (operand->kind != NODE_OF_SLOT || operand->type != CHURN__TYPE_STRING ||
            (*slot != EXPR_NONE && *slot != operands[i])) {
            return false;
        }
        *slot = operands[i];
    }
    return *slot != EXPR_NONE && node->code.op >= OP_CMP_D && expr_value_size(node->type) != 16;
}

static bool emit_code(plan_maker *maker, uint32_t number)
{
    const plan_node node = maker->nodes[number];
    uint32_t entry, at, slot;
    bool select = node.code.op == OP_SELECT;
    plan_step step = {.kind = STEP_CODE,
                      .to = number,
                      .a = node.a,
                      .b = node.b,
                      .c = node.c,
                      .region = node.region,
                      .table = EXPR_NONE,
                      .text_limit = node.text_limit,
                      .code = node.code};
    step.to_type = node.type;
    step.types[0] = maker->nodes[node.a].type;
    step.types[1] = maker->nodes[node.b].type;
    step.types[2] = maker->nodes[node.c].type;
    if (by_entry(maker, &node, &slot)) {
        step.table = maker->plan->table_count++;
    }
    for (unsigned i = 0; select && i < 2; i++) {
        if (!emit_inside(maker, node.branch[i], node.region, node.a,
                         i == 0 ? REGION_TRUE : REGION_FALSE, &entry)) {
            return false;
        }
        leave_to(maker, entry);
    }
    maker->plan->makes_text = maker->plan->makes_text || churn__expr_makes_text(node.code.op);
    return emit(maker, &step, &at);
}

static bool emit_output(plan_maker *maker, uint32_t number)
{
    const plan_node node = maker->nodes[number];
    uint32_t region = node.branch[0], at;
    if (region == EXPR_NONE || maker->regions[region].head == EXPR_NONE) {
        return true;
    }
    plan_step step = {.kind = STEP_WANT,
                      .to = number,
                      .a = number,
                      .b = number,
                      .c = number,
                      .region = region,
                      .output = node.slot};
    if (!emit(maker, &step, &at) || !emit_region(maker, region)) {
        return false;
    }
    leave_to(maker, at);
    return true;
}

/* As deep as regions are in each other: EXPR_REGION_DEPTH. */
static bool emit_region(plan_maker *maker, uint32_t region)
{
    bool good = true;
    uint32_t next;
    for (uint32_t i = maker->regions[region].head; good && i != EXPR_NONE; i = next) {
        const plan_node *node = &maker->nodes[i];
        next = node->next;
        good = node->kind == NODE_OF_OUTPUT ? emit_output(maker, i)
               : plan_is_chain(node)        ? emit_chain(maker, i)
                                            : emit_code(maker, i);
    }
    return good;
}

bool churn__expr_plan_order(plan_maker *maker)
{
    count_uses(maker);
    weigh(maker);
    if (!flatten_all(maker) || !add_outputs(maker) || !divide_all(maker) ||
        !emit_region(maker, 0)) {
        return false;
    }
    for (uint32_t i = 0; i < maker->root_count; i++) {
        maker->nodes[maker->roots[i]].last = EXPR_NONE;
    }
    maker->plan->region_count = (uint32_t)maker->region_count;
    return true;
}

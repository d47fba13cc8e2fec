/* SPDX-License-Identifier: MIT */
#include "playbook/playbook.h"

churn_str churn_playbook_time_zone(const churn_playbook *playbook)
{
    return playbook ? playbook->time_zone : (churn_str){NULL, 0};
}

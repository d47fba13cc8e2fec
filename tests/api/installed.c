/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include <churn/churn.h>

/* A program that knows only what is installed. */
int main(void)
{
    churn_error err = {.struct_size = sizeof err};
    churn_store *store = NULL;
    if (churn_store_create(NULL, &store, &err) != CHURN_OK) {
        printf("%s\n", err.message);
        return 1;
    }
    churn_store_free(store);
    printf("libchurn %s: installed\n", churn_version());
    return churn_live_handles() == 0 && churn_abi_version() == CHURN_ABI_VERSION ? 0 : 1;
}

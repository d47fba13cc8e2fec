/* SPDX-License-Identifier: MIT */
#include "base/num.h"

#include <string.h>

/* ISO 4217, list one, amendment 177 (2025), with the codes withdrawn since 2010 that histories
 * still name (ANG BGN BYR CUC EEK HRK LTL LVL MRO SLL STD VEF ZMK ZWL). Codes for metals, funds of
 * the IMF, tests and "no currency" have no minor unit and are left out. Four bytes an entry,
 * sorted. */
static const char currency_two[] =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD "
    "CAD CDF CHE CHF CHW CNY COP COU CRC CUC CUP CVE CZK DKK DOP DZD EEK EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GTQ GYD HKD HNL HRK HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP "
    "LKR LRD LSL LTL LVL MAD MDL MGA MKD MMK MNT MOP MRO MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO "
    "NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SLL SOS SRD "
    "SSP STD STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VEF VES WST XCD "
    "XCG YER ZAR ZMK ZMW ZWG ZWL ";
static const char currency_zero[] =
    "BIF BYR CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
static const char currency_three[] = "BHD IQD JOD KWD LYD OMR TND ";
static const char currency_four[] = "CLF UYW ";

static bool holds(const char *codes, size_t count, const char *code)
{
    size_t low = 0;
    size_t high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = memcmp(codes + 4 * middle, code, 3);
        if (order == 0) {
            return true;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return false;
}

int churn__currency_scale(const char *code, size_t len)
{
    static const struct {
        const char *codes;
        size_t count;
        int scale;
    } lists[] = {
        {currency_two, sizeof currency_two / 4, 2},
        {currency_zero, sizeof currency_zero / 4, 0},
        {currency_three, sizeof currency_three / 4, 3},
        {currency_four, sizeof currency_four / 4, 4},
    };
    if (len != 3) {
        return -1;
    }
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        if (holds(lists[i].codes, lists[i].count, code)) {
            return lists[i].scale;
        }
    }
    return -1;
}

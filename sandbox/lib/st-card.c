/* SPDX-License-Identifier: ISC */
/* st-card.c - the table of test cards. */
#include "st-card.h"

#include <string.h>

#define CARD(card, digits) .name = card, .number = digits
#define DECLINE .code = "card_declined", .decline_code

/*
 * Where Stripe publishes no pm_card_ name for a number, ours says what the
 * number is for.
 */
static const struct card cards[] = {
	{ CARD("visa", "4242424242424242") },
	{ CARD("visa_debit", "4000056655665556"), .funding = "debit" },
	{ CARD("mastercard", "5555555555554444") },
	{ CARD("mastercard_2series", "2223003122003222") },
	{ CARD("mastercard_debit", "5200828282828210"), .funding = "debit" },
	{ CARD("mastercard_prepaid", "5105105105105100"),
	  .funding = "prepaid" },
	{ CARD("amex", "378282246310005") },
	{ CARD("discover", "6011111111111117") },
	{ CARD("internationalFee", "4000003720000278"), .foreign = true },
	{ CARD("bypassPending", "4000000000000077"), .at_once = true },

	{ CARD("visa_chargeDeclined", "4000000000000002"),
	  DECLINE = "generic_decline" },
	{ CARD("visa_chargeDeclinedInsufficientFunds", "4000000000009995"),
	  DECLINE = "insufficient_funds" },
	{ CARD("visa_chargeDeclinedLostCard", "4000000000009987"),
	  DECLINE = "lost_card" },
	{ CARD("visa_chargeDeclinedStolenCard", "4000000000009979"),
	  DECLINE = "stolen_card" },
	{ CARD("visa_chargeDeclinedVelocityLimitExceeded", "4000000000006975"),
	  DECLINE = "card_velocity_exceeded" },
	{ CARD("chargeDeclinedExpiredCard", "4000000000000069"),
	  .code = "expired_card", .decline_code = "expired_card" },
	{ CARD("chargeDeclinedIncorrectCvc", "4000000000000127"),
	  .code = "incorrect_cvc", .decline_code = "incorrect_cvc",
	  .cvc_check = "fail" },
	{ CARD("chargeDeclinedProcessingError", "4000000000000119"),
	  .code = "processing_error", .decline_code = "processing_error" },
	{ CARD("chargeCustomerFail", "4000000000000341"),
	  DECLINE = "generic_decline" },

	{ CARD("authenticationRequiredOnSetup", "4000002500003155"),
	  .auth = AUTH_ALWAYS },
	{ CARD("authenticationRequired", "4000002760003184"),
	  .auth = AUTH_ALWAYS },
	{ CARD("authenticationRequiredSetupForOffSession", "4000003800000446"),
	  .auth = AUTH_ON_SESSION },
	{ CARD("authenticationRequiredChargeDeclinedInsufficientFunds",
	  "4000008260003178"), .auth = AUTH_ALWAYS,
	  DECLINE = "insufficient_funds" },
	{ CARD("threeDSecure2Required", "4000000000003220"),
	  .auth = AUTH_ALWAYS },
	{ CARD("threeDSecureRequiredChargeDeclined", "4000008400001629"),
	  .auth = AUTH_ALWAYS, DECLINE = "generic_decline" },
	{ CARD("threeDSecureRequiredProcessingError", "4000008400001280"),
	  .auth = AUTH_LOOKUP_FAILS, .code = "processing_error",
	  .decline_code = "processing_error" },
	{ CARD("threeDSecureOptional", "4000000000003055"),
	  .auth = AUTH_OPTIONAL },
	{ CARD("threeDSecureOptionalProcessingError", "4000000000003097") },
	{ CARD("threeDSecureFrictionless", "4000000032200000") },

	{ CARD("createDispute", "4000000000000259"), .later = LATER_DISPUTE,
	  .reason = "fraudulent" },
	{ CARD("createDisputeProductNotReceived", "4000000000002685"),
	  .later = LATER_DISPUTE, .reason = "product_not_received" },
	{ CARD("createDisputeInquiry", "4000000000001976"),
	  .later = LATER_INQUIRY, .reason = "fraudulent" },
	{ CARD("createIssuerFraudRecord", "4000000000005423"),
	  .later = LATER_FRAUD_WARNING },
	{ CARD("createMultipleDisputes", "4000000404000079"),
	  .later = LATER_TWO_DISPUTES, .reason = "fraudulent" },
	{ CARD("createCe3EligibleDispute", "4000000404000038"),
	  .later = LATER_DISPUTE, .reason = "fraudulent" },
	{ CARD("createComplianceDispute", "4000008400000779"),
	  .later = LATER_DISPUTE, .reason = "noncompliant" },

	{ CARD("pendingRefund", "4000000000007726"),
	  .later = LATER_REFUND_PENDS },
	{ CARD("refundFail", "4000000000005126"), .later = LATER_REFUND_FAILS },

	{ CARD("radarBlock", "4100000000000019"), DECLINE = "fraudulent",
	  .risk = "highest" },
	{ CARD("riskLevelHighest", "4000000000004954"), .risk = "highest" },
	{ CARD("riskLevelElevated", "4000000000009235"), .risk = "elevated" },
	{ CARD("cvcCheckFail", "4000000000000101"), .cvc_check = "fail" },
	{ CARD("avsFail", "4000000000000010"), .line1_check = "fail",
	  .zip_check = "fail" },
	{ CARD("avsLine1Fail", "4000000000000028"), .line1_check = "fail" },
	{ CARD("avsZipFail", "4000000000000036"), .zip_check = "fail" },
	{ CARD("avsUnchecked", "4000000000000044"),
	  .line1_check = "unavailable", .zip_check = "unavailable" },
};

enum { CARDS = sizeof(cards) / sizeof(cards[0]) };

const struct card *
card_of_number(const char *number)
{
	for (size_t i = 0; i < CARDS; i++)
		if (strcmp(cards[i].number, number) == 0)
			return &cards[i];
	return NULL;
}

static const char *
without(const char *prefix, const char *text)
{
	size_t n = strlen(prefix);

	return strncmp(text, prefix, n) == 0 ? text + n : text;
}

/* Declines are known with and without the brand in their name. */
const struct card *
card_of_name(const char *name)
{
	name = without("tok_", without("pm_card_", name));
	for (size_t i = 0; i < CARDS; i++)
		if (strcmp(cards[i].name, name) == 0)
			return &cards[i];
	const char *bare = without("visa_", name);
	for (size_t i = 0; strncmp(bare, "charge", 6) == 0 && i < CARDS; i++)
		if (strcmp(without("visa_", cards[i].name), bare) == 0)
			return &cards[i];
	return NULL;
}

bool
card_luhn(const char *number)
{
	size_t n = strlen(number);
	int sum = 0;

	if (n < 12 || n > 19 || strspn(number, "0123456789") != n)
		return false;
	for (size_t i = 0; i < n; i++) {
		int digit = number[n - 1 - i] - '0';
		if (i % 2 == 1 && (digit *= 2) > 9)
			digit -= 9;
		sum += digit;
	}
	return sum % 10 == 0;
}

const char *
card_brand(const struct card *card)
{
	switch (card->number[0]) {
	case '3':
		return "amex";
	case '4':
		return "visa";
	case '6':
		return "discover";
	}
	return "mastercard";
}

const char *
card_last4(const struct card *card)
{
	return card->number + strlen(card->number) - 4;
}

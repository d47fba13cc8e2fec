// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"
*/
import "C"

// AddCustomers adds a batch of customers.
func (s *Store) AddCustomers(from Customers, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.ID), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_customer_batch{
			struct_size:     C.sizeof_churn_customer_batch,
			row_count:       C.uint64_t(p.rows),
			id:              p.texts("ID", from.ID),
			since:           p.times("Since", from.Since),
			known_at:        p.times("KnownAt", from.KnownAt),
			valid_from:      p.times("ValidFrom", from.ValidFrom),
			attribute_count: C.uint32_t(len(from.Attributes)),
			attributes:      p.columns(from.Attributes),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_customers(l.store, &batch, l.options, l.report, l.err)
	})
}

// Columns by name, in the order of their names.
func (p *packer) columns(of map[string]any) *C.churn_any_column {
	if len(of) == 0 {
		return nil
	}
	packed := make([]C.churn_any_column, 0, len(of))
	for _, name := range sortedKeys(of) {
		packed = append(packed, p.any(name, of[name]))
	}
	return pin(p, packed)
}

// AddAttributes adds a batch of attribute values.
func (s *Store) AddAttributes(from Attributes, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.Customer), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_attribute_batch{
			struct_size: C.sizeof_churn_attribute_batch,
			row_count:   C.uint64_t(p.rows),
			customer:    p.texts("Customer", from.Customer),
			name:        p.words("Name", from.Name),
			valid_from:  p.times("ValidFrom", from.ValidFrom),
			known_at:    p.times("KnownAt", from.KnownAt),
			value:       p.any("Value", from.Value),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_attributes(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddEvents adds a batch of events.
func (s *Store) AddEvents(from Events, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.Customer), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_event_batch{
			struct_size: C.sizeof_churn_event_batch,
			row_count:   C.uint64_t(p.rows),
			id:          p.optionalTexts("ID", from.ID),
			customer:    p.texts("Customer", from.Customer),
			_type:       p.words("Type", from.Type),
			at:          p.times("At", from.At),
			known_at:    p.times("KnownAt", from.KnownAt),
			user:        p.optionalTexts("User", from.User),
			value:       p.floats("Value", from.Value),
			prop_count:  C.uint32_t(len(from.Props)),
			props:       p.columns(from.Props),
		}
		if from.AtMicros != nil {
			batch.at = p.micros("AtMicros", from.AtMicros)
		}
		if from.At != nil && from.AtMicros != nil {
			p.fail("columns At and AtMicros are both given")
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_events(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddSubscriptions adds a batch of subscription states.
func (s *Store) AddSubscriptions(from Subscriptions, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.ID), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_subscription_batch{
			struct_size:         C.sizeof_churn_subscription_batch,
			row_count:           C.uint64_t(p.rows),
			id:                  p.texts("ID", from.ID),
			customer:            p.texts("Customer", from.Customer),
			valid_from:          p.times("ValidFrom", from.ValidFrom),
			known_at:            p.times("KnownAt", from.KnownAt),
			status:              p.words("Status", from.Status),
			plan:                p.words("Plan", from.Plan),
			amount:              p.ints("Amount", from.Amount),
			currency:            p.words("Currency", from.Currency),
			period:              p.words("Period", from.Period),
			seats:               p.ints("Seats", from.Seats),
			discount:            p.ints("Discount", from.Discount),
			discount_until:      p.times("DiscountUntil", from.DiscountUntil),
			renews_at:           p.times("RenewsAt", from.RenewsAt),
			ends_at:             p.times("EndsAt", from.EndsAt),
			ended_at:            p.times("EndedAt", from.EndedAt),
			cancel_requested_at: p.times("CancelRequestedAt", from.CancelRequestedAt),
			trial_ends_at:       p.times("TrialEndsAt", from.TrialEndsAt),
			auto_renew:          p.truths("AutoRenew", from.AutoRenew),
			usage_based:         p.truths("UsageBased", from.UsageBased),
			notice:              p.words("Notice", from.Notice),
			product:             p.words("Product", from.Product),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_subscriptions(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddInvoices adds a batch of invoices.
func (s *Store) AddInvoices(from Invoices, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.ID), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_invoice_batch{
			struct_size: C.sizeof_churn_invoice_batch,
			row_count:   C.uint64_t(p.rows),
			id:          p.texts("ID", from.ID),
			customer:    p.texts("Customer", from.Customer),
			issued_at:   p.times("IssuedAt", from.IssuedAt),
			known_at:    p.times("KnownAt", from.KnownAt),
			due_at:      p.times("DueAt", from.DueAt),
			amount:      p.ints("Amount", from.Amount),
			currency:    p.words("Currency", from.Currency),
			paid_at:     p.times("PaidAt", from.PaidAt),
			failed_at:   p.times("FailedAt", from.FailedAt),
			failure:     p.words("Failure", from.Failure),
			refunded:    p.ints("Refunded", from.Refunded),
			refunded_at: p.times("RefundedAt", from.RefundedAt),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_invoices(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddTickets adds a batch of tickets.
func (s *Store) AddTickets(from Tickets, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.ID), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_ticket_batch{
			struct_size:       C.sizeof_churn_ticket_batch,
			row_count:         C.uint64_t(p.rows),
			id:                p.texts("ID", from.ID),
			customer:          p.texts("Customer", from.Customer),
			opened_at:         p.times("OpenedAt", from.OpenedAt),
			known_at:          p.times("KnownAt", from.KnownAt),
			user:              p.optionalTexts("User", from.User),
			first_response_at: p.times("FirstResponseAt", from.FirstResponseAt),
			closed_at:         p.times("ClosedAt", from.ClosedAt),
			reopened_at:       p.times("ReopenedAt", from.ReopenedAt),
			priority:          p.words("Priority", from.Priority),
			category:          p.words("Category", from.Category),
			csat:              p.floats("CSAT", from.CSAT),
			text:              p.optionalTexts("Text", from.Text),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_tickets(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddSurveys adds a batch of answers to surveys.
func (s *Store) AddSurveys(from Surveys, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.Customer), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_survey_batch{
			struct_size: C.sizeof_churn_survey_batch,
			row_count:   C.uint64_t(p.rows),
			id:          p.optionalTexts("ID", from.ID),
			customer:    p.texts("Customer", from.Customer),
			kind:        p.words("Kind", from.Kind),
			at:          p.times("At", from.At),
			known_at:    p.times("KnownAt", from.KnownAt),
			user:        p.optionalTexts("User", from.User),
			score:       p.floats("Score", from.Score),
			text:        p.optionalTexts("Text", from.Text),
			category:    p.words("Category", from.Category),
			moment:      p.words("Moment", from.Moment),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_surveys(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddChurns adds a batch of churn records.
func (s *Store) AddChurns(from Churns, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.Customer), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_churn_batch{
			struct_size: C.sizeof_churn_churn_batch,
			row_count:   C.uint64_t(p.rows),
			customer:    p.texts("Customer", from.Customer),
			kind:        p.words("Kind", from.Kind),
			at:          p.times("At", from.At),
			known_at:    p.times("KnownAt", from.KnownAt),
			reason:      p.words("Reason", from.Reason),
			competitor:  p.words("Competitor", from.Competitor),
			amount:      p.ints("Amount", from.Amount),
			currency:    p.words("Currency", from.Currency),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_churns(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddContacts adds a batch of contacts.
func (s *Store) AddContacts(from Contacts, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.Customer), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_contact_batch{
			struct_size: C.sizeof_churn_contact_batch,
			row_count:   C.uint64_t(p.rows),
			id:          p.texts("ID", from.ID),
			customer:    p.texts("Customer", from.Customer),
			valid_from:  p.times("ValidFrom", from.ValidFrom),
			known_at:    p.times("KnownAt", from.KnownAt),
			role:        p.words("Role", from.Role),
			name:        p.optionalTexts("Name", from.Name),
			active:      p.truths("Active", from.Active),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_contacts(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddAliases adds a batch of aliases.
func (s *Store) AddAliases(from Aliases, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.Customer), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_alias_batch{
			struct_size: C.sizeof_churn_alias_batch,
			row_count:   C.uint64_t(p.rows),
			source:      p.words("Source", from.Source),
			alias:       p.texts("Alias", from.Alias),
			customer:    p.texts("Customer", from.Customer),
			known_at:    p.times("KnownAt", from.KnownAt),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_aliases(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddMilestones adds a batch of milestones.
func (s *Store) AddMilestones(from Milestones, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.Customer), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_milestone_batch{
			struct_size: C.sizeof_churn_milestone_batch,
			row_count:   C.uint64_t(p.rows),
			customer:    p.texts("Customer", from.Customer),
			name:        p.words("Name", from.Name),
			reached_at:  p.times("ReachedAt", from.ReachedAt),
			known_at:    p.times("KnownAt", from.KnownAt),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_milestones(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddTouchpoints adds a batch of touchpoints.
func (s *Store) AddTouchpoints(from Touchpoints, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.Customer), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_touchpoint_batch{
			struct_size: C.sizeof_churn_touchpoint_batch,
			row_count:   C.uint64_t(p.rows),
			id:          p.texts("ID", from.ID),
			customer:    p.texts("Customer", from.Customer),
			at:          p.times("At", from.At),
			known_at:    p.times("KnownAt", from.KnownAt),
			channel:     p.words("Channel", from.Channel),
			user:        p.optionalTexts("User", from.User),
			play:        p.words("Play", from.Play),
			action:      p.optionalTexts("Action", from.Action),
			offer:       p.words("Offer", from.Offer),
			opened_at:   p.times("OpenedAt", from.OpenedAt),
			clicked_at:  p.times("ClickedAt", from.ClickedAt),
			replied_at:  p.times("RepliedAt", from.RepliedAt),
			outcome:     p.words("Outcome", from.Outcome),
			outcome_at:  p.times("OutcomeAt", from.OutcomeAt),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_touchpoints(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddSpends adds a batch of spends.
func (s *Store) AddSpends(from Spends, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.At), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_spend_batch{
			struct_size: C.sizeof_churn_spend_batch,
			row_count:   C.uint64_t(p.rows),
			id:          p.optionalTexts("ID", from.ID),
			at:          p.times("At", from.At),
			known_at:    p.times("KnownAt", from.KnownAt),
			amount:      p.ints("Amount", from.Amount),
			currency:    p.words("Currency", from.Currency),
			channel:     p.words("Channel", from.Channel),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_spends(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddRates adds a batch of rates.
func (s *Store) AddRates(from Rates, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.At), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_rate_batch{
			struct_size: C.sizeof_churn_rate_batch,
			row_count:   C.uint64_t(p.rows),
			currency:    p.words("Currency", from.Currency),
			at:          p.times("At", from.At),
			known_at:    p.times("KnownAt", from.KnownAt),
			rate:        p.floats("Rate", from.Rate),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_rates(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddAnnouncements adds a batch of announcements.
func (s *Store) AddAnnouncements(from Announcements, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.At), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_announcement_batch{
			struct_size: C.sizeof_churn_announcement_batch,
			row_count:   C.uint64_t(p.rows),
			name:        p.words("Name", from.Name),
			at:          p.times("At", from.At),
			known_at:    p.times("KnownAt", from.KnownAt),
			kind:        p.words("Kind", from.Kind),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_announcements(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddOverrides adds a batch of judgements of scores.
func (s *Store) AddOverrides(from Overrides, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.Customer), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_override_batch{
			struct_size: C.sizeof_churn_override_batch,
			row_count:   C.uint64_t(p.rows),
			customer:    p.texts("Customer", from.Customer),
			score:       p.words("Score", from.Score),
			at:          p.times("At", from.At),
			known_at:    p.times("KnownAt", from.KnownAt),
			value:       p.floats("Value", from.Value),
			reason:      p.optionalTexts("Reason", from.Reason),
			author:      p.words("Author", from.Author),
			expires_at:  p.times("ExpiresAt", from.ExpiresAt),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_overrides(l.store, &batch, l.options, l.report, l.err)
	})
}

// AddMeasures adds a batch of figures that the host measured.
func (s *Store) AddMeasures(from Measures, options ...LoadOptions) (*LoadReport, error) {
	return s.load(len(from.Name), options, func(p *packer, l load) C.churn_status {
		batch := C.churn_measure_batch{
			struct_size: C.sizeof_churn_measure_batch,
			row_count:   C.uint64_t(p.rows),
			name:        p.words("Name", from.Name),
			at:          p.times("At", from.At),
			known_at:    p.times("KnownAt", from.KnownAt),
			value:       p.floats("Value", from.Value),
			unit:        p.words("Unit", from.Unit),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_measures(l.store, &batch, l.options, l.report, l.err)
	})
}

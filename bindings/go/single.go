// SPDX-License-Identifier: MIT

package churn

/*
#include "cshim.h"

#cgo noescape churn_go_add_event
#cgo nocallback churn_go_add_event
*/
import "C"

// Add one record with what the packer holds. What a row of a batch would be rejected for is the
// status here, with the field in the message.
func (s *Store) add(call func(*packer, *C.churn_store, *C.churn_error) C.churn_status) error {
	var p packer
	defer p.pins.Unpin()
	err := s.with(func(store *C.churn_store, err *C.churn_error) C.churn_status { return call(&p, store, err) })
	if p.err != nil {
		return p.err
	}
	return err
}

// AddCustomer adds or replaces one customer.
func (s *Store) AddCustomer(from Customer) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_customer{
			struct_size:     C.sizeof_churn_customer,
			id:              p.str(from.ID),
			since:           optionalMicros(from.Since),
			known_at:        optionalMicros(from.KnownAt),
			valid_from:      optionalMicros(from.ValidFrom),
			attribute_count: C.uint32_t(len(from.Attributes)),
			attributes:      p.namedValues(from.Attributes),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_customer(store, &record, err)
	})
}

// Values by name, in the order of their names.
func (p *packer) namedValues(of map[string]any) *C.churn_named_value {
	if len(of) == 0 {
		return nil
	}
	packed := make([]C.churn_named_value, 0, len(of))
	for _, name := range sortedKeys(of) {
		packed = append(packed, C.churn_named_value{name: p.str(name), value: p.value(name, of[name])})
	}
	return pin(p, packed)
}

// AddAttribute adds or replaces one value of an attribute.
func (s *Store) AddAttribute(from Attribute) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_attribute{
			struct_size: C.sizeof_churn_attribute,
			customer:    p.str(from.Customer),
			name:        p.str(from.Name),
			valid_from:  optionalMicros(from.ValidFrom),
			known_at:    optionalMicros(from.KnownAt),
			value:       p.value("Value", from.Value),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_attribute(store, &record, err)
	})
}

// AddEvent adds one event, or replaces the one of its ID.
func (s *Store) AddEvent(from Event) error {
	if len(from.Props) > 0 {
		return s.addEventProps(from)
	}
	pointer, err := s.acquire()
	if err != nil {
		return err
	}
	why := newError()
	status := C.churn_go_add_event((*C.churn_store)(pointer),
		chars(from.ID), C.size_t(len(from.ID)), chars(from.Customer), C.size_t(len(from.Customer)),
		chars(from.Type), C.size_t(len(from.Type)), optionalMicros(from.At), optionalMicros(from.KnownAt),
		chars(from.User), C.size_t(len(from.User)), optionalFloat(from.Value), &why)
	s.release()
	if status != C.CHURN_OK {
		return failure(status, why)
	}
	return nil
}

func (s *Store) addEventProps(from Event) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_event{
			struct_size: C.sizeof_churn_event,
			id:          p.str(from.ID),
			customer:    p.str(from.Customer),
			_type:       p.str(from.Type),
			at:          optionalMicros(from.At),
			known_at:    optionalMicros(from.KnownAt),
			user:        p.str(from.User),
			value:       optionalFloat(from.Value),
			prop_count:  C.uint32_t(len(from.Props)),
			props:       p.namedValues(from.Props),
		}
		if p.err != nil {
			return C.CHURN_E_ARG
		}
		return C.churn_store_add_event(store, &record, err)
	})
}

// AddSubscription adds or replaces one state of a subscription.
func (s *Store) AddSubscription(from Subscription) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_subscription{
			struct_size:         C.sizeof_churn_subscription,
			id:                  p.str(from.ID),
			customer:            p.str(from.Customer),
			valid_from:          optionalMicros(from.ValidFrom),
			known_at:            optionalMicros(from.KnownAt),
			status:              p.str(from.Status),
			plan:                p.str(from.Plan),
			amount:              optionalInt(from.Amount),
			currency:            p.str(from.Currency),
			period:              p.str(from.Period),
			seats:               optionalInt(from.Seats),
			discount:            optionalInt(from.Discount),
			discount_until:      optionalMicros(from.DiscountUntil),
			renews_at:           optionalMicros(from.RenewsAt),
			ends_at:             optionalMicros(from.EndsAt),
			ended_at:            optionalMicros(from.EndedAt),
			cancel_requested_at: optionalMicros(from.CancelRequestedAt),
			trial_ends_at:       optionalMicros(from.TrialEndsAt),
			auto_renew:          truth(from.AutoRenew),
			usage_based:         truth(from.UsageBased),
			notice:              p.str(from.Notice),
			product:             p.str(from.Product),
		}
		return C.churn_store_add_subscription(store, &record, err)
	})
}

// AddInvoice adds or replaces one invoice.
func (s *Store) AddInvoice(from Invoice) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_invoice{
			struct_size: C.sizeof_churn_invoice,
			id:          p.str(from.ID),
			customer:    p.str(from.Customer),
			issued_at:   optionalMicros(from.IssuedAt),
			known_at:    optionalMicros(from.KnownAt),
			due_at:      optionalMicros(from.DueAt),
			amount:      C.int64_t(from.Amount),
			currency:    p.str(from.Currency),
			paid_at:     optionalMicros(from.PaidAt),
			failed_at:   optionalMicros(from.FailedAt),
			failure:     p.str(from.Failure),
			refunded:    optionalInt(from.Refunded),
			refunded_at: optionalMicros(from.RefundedAt),
		}
		return C.churn_store_add_invoice(store, &record, err)
	})
}

// AddTicket adds or replaces one ticket.
func (s *Store) AddTicket(from Ticket) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_ticket{
			struct_size:       C.sizeof_churn_ticket,
			id:                p.str(from.ID),
			customer:          p.str(from.Customer),
			opened_at:         optionalMicros(from.OpenedAt),
			known_at:          optionalMicros(from.KnownAt),
			user:              p.str(from.User),
			first_response_at: optionalMicros(from.FirstResponseAt),
			closed_at:         optionalMicros(from.ClosedAt),
			reopened_at:       optionalMicros(from.ReopenedAt),
			priority:          p.str(from.Priority),
			category:          p.str(from.Category),
			csat:              optionalFloat(from.CSAT),
			text:              p.str(from.Text),
		}
		return C.churn_store_add_ticket(store, &record, err)
	})
}

// AddSurvey adds one answer to a survey, or replaces the one of its key.
func (s *Store) AddSurvey(from Survey) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_survey{
			struct_size: C.sizeof_churn_survey,
			id:          p.str(from.ID),
			customer:    p.str(from.Customer),
			kind:        p.str(from.Kind),
			at:          optionalMicros(from.At),
			known_at:    optionalMicros(from.KnownAt),
			user:        p.str(from.User),
			score:       C.double(from.Score),
			text:        p.str(from.Text),
			category:    p.str(from.Category),
			moment:      p.str(from.Moment),
		}
		return C.churn_store_add_survey(store, &record, err)
	})
}

// AddChurn adds or replaces one churn record.
func (s *Store) AddChurn(from Churn) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_churn{
			struct_size: C.sizeof_churn_churn,
			customer:    p.str(from.Customer),
			kind:        p.str(from.Kind),
			at:          optionalMicros(from.At),
			known_at:    optionalMicros(from.KnownAt),
			reason:      p.str(from.Reason),
			competitor:  p.str(from.Competitor),
			amount:      optionalInt(from.Amount),
			currency:    p.str(from.Currency),
		}
		return C.churn_store_add_churn(store, &record, err)
	})
}

// AddContact adds or replaces one contact.
func (s *Store) AddContact(from Contact) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_contact{
			struct_size: C.sizeof_churn_contact,
			id:          p.str(from.ID),
			customer:    p.str(from.Customer),
			valid_from:  optionalMicros(from.ValidFrom),
			known_at:    optionalMicros(from.KnownAt),
			role:        p.str(from.Role),
			name:        p.str(from.Name),
			active:      truth(from.Active),
		}
		return C.churn_store_add_contact(store, &record, err)
	})
}

// AddAlias adds or replaces one alias.
func (s *Store) AddAlias(from Alias) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_alias{
			struct_size: C.sizeof_churn_alias,
			source:      p.str(from.Source),
			alias:       p.str(from.Alias),
			customer:    p.str(from.Customer),
			known_at:    optionalMicros(from.KnownAt),
		}
		return C.churn_store_add_alias(store, &record, err)
	})
}

// AddMilestone adds or replaces one milestone.
func (s *Store) AddMilestone(from Milestone) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_milestone{
			struct_size: C.sizeof_churn_milestone,
			customer:    p.str(from.Customer),
			name:        p.str(from.Name),
			reached_at:  optionalMicros(from.ReachedAt),
			known_at:    optionalMicros(from.KnownAt),
		}
		return C.churn_store_add_milestone(store, &record, err)
	})
}

// AddTouchpoint adds or replaces one touchpoint.
func (s *Store) AddTouchpoint(from Touchpoint) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_touchpoint{
			struct_size: C.sizeof_churn_touchpoint,
			id:          p.str(from.ID),
			customer:    p.str(from.Customer),
			at:          optionalMicros(from.At),
			known_at:    optionalMicros(from.KnownAt),
			channel:     p.str(from.Channel),
			user:        p.str(from.User),
			play:        p.str(from.Play),
			action:      p.str(from.Action),
			offer:       p.str(from.Offer),
			opened_at:   optionalMicros(from.OpenedAt),
			clicked_at:  optionalMicros(from.ClickedAt),
			replied_at:  optionalMicros(from.RepliedAt),
			outcome:     p.str(from.Outcome),
			outcome_at:  optionalMicros(from.OutcomeAt),
		}
		return C.churn_store_add_touchpoint(store, &record, err)
	})
}

// AddSpend adds or replaces one spend.
func (s *Store) AddSpend(from Spend) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_spend{
			struct_size: C.sizeof_churn_spend,
			id:          p.str(from.ID),
			at:          optionalMicros(from.At),
			known_at:    optionalMicros(from.KnownAt),
			amount:      C.int64_t(from.Amount),
			currency:    p.str(from.Currency),
			channel:     p.str(from.Channel),
		}
		return C.churn_store_add_spend(store, &record, err)
	})
}

// AddRate adds or replaces one rate.
func (s *Store) AddRate(from Rate) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_rate{
			struct_size: C.sizeof_churn_rate,
			currency:    p.str(from.Currency),
			at:          optionalMicros(from.At),
			known_at:    optionalMicros(from.KnownAt),
			rate:        C.double(from.Rate),
		}
		return C.churn_store_add_rate(store, &record, err)
	})
}

// AddAnnouncement adds or replaces one announcement.
func (s *Store) AddAnnouncement(from Announcement) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_announcement{
			struct_size: C.sizeof_churn_announcement,
			name:        p.str(from.Name),
			at:          optionalMicros(from.At),
			known_at:    optionalMicros(from.KnownAt),
			kind:        p.str(from.Kind),
		}
		return C.churn_store_add_announcement(store, &record, err)
	})
}

// AddOverride adds or replaces one judgement of a score.
func (s *Store) AddOverride(from Override) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_override{
			struct_size: C.sizeof_churn_override,
			customer:    p.str(from.Customer),
			score:       p.str(from.Score),
			at:          optionalMicros(from.At),
			known_at:    optionalMicros(from.KnownAt),
			value:       optionalFloat(from.Value),
			reason:      p.str(from.Reason),
			author:      p.str(from.Author),
			expires_at:  optionalMicros(from.ExpiresAt),
		}
		return C.churn_store_add_override(store, &record, err)
	})
}

// AddMeasure adds or replaces one figure that the host measured.
func (s *Store) AddMeasure(from Measure) error {
	return s.add(func(p *packer, store *C.churn_store, err *C.churn_error) C.churn_status {
		record := C.churn_measure{
			struct_size: C.sizeof_churn_measure,
			name:        p.str(from.Name),
			at:          optionalMicros(from.At),
			known_at:    optionalMicros(from.KnownAt),
			value:       C.double(from.Value),
			unit:        p.str(from.Unit),
		}
		return C.churn_store_add_measure(store, &record, err)
	})
}

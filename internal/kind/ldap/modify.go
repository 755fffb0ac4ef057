package ldap

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
)

// modify sends one change. It is never sent twice: whether a change whose answer was
// lost has been made is for a reading to tell.
func (s *System) modify(ctx context.Context, request *ldap.ModifyRequest) error {
	l, err := s.pool.lend(ctx, false)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, s.config.Timeout, errTooSlow)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { _ = l.raw.Close() })
	err = l.conn.Modify(request)
	if !stop() {
		err = context.Cause(ctx)
	}
	var e *ldap.Error
	s.pool.giveBack(l, err == nil || errors.As(err, &e) && e.ResultCode < ldap.ErrorNetwork)
	return err
}

// modifyFault turns what kept a change from being made into what a user reads.
func (s *System) modifyFault(ctx context.Context, act system.AccountAct, m *ldap.ModifyRequest, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	entry := s.shown(m.DN)
	var opening *dialError
	if errors.As(err, &opening) {
		return s.openingFault(opening)
	}
	about := fmt.Sprintf("The directory %q was asked to %s %q", s.config.Name, act, entry)
	var e *ldap.Error
	if !errors.As(err, &e) || e.ResultCode >= ldap.ErrorNetwork {
		return s.refused(fault.ErrUnavailable, about+", and did not answer.", "Apply again: the next run finds out whether it was done.", err)
	}
	switch e.ResultCode {
	case ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultOperationsError:
		return s.denied(entry, changed(m), err)
	case ldap.LDAPResultNoSuchObject:
		// slapd says so too of an entry that may be read, and not disclosed to who writes.
		return s.denied(entry, changed(m), err)
	case ldap.LDAPResultAssertionFailed, ldap.LDAPResultNoSuchAttribute, ldap.LDAPResultAttributeOrValueExists:
		return s.refused(fault.ErrChanged, about+", but the account has changed since it was read.", "Plan again, and look at what the plan shows.", err)
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable:
		return s.refused(fault.ErrUnavailable, about+", and would not.", "Look at the directory itself; when it answers again, apply again.", err)
	case ldap.LDAPResultReferral:
		return s.refused(fault.ErrConfig, about+", but is a copy that cannot be written.", "Set url to a server that takes changes. References are not followed, because the password would be sent along.", err)
	case ldap.LDAPResultUndefinedAttributeType:
		return s.refused(fault.ErrConfig, about+", but does not know the attribute.", "In OpenLDAP the overlay ppolicy must be loaded; pwdEndTime is known from 2.5 on.", err)
	}
	return s.refused(fault.ErrConfig, about+", and refused.", "Look at the directory's log for its reason.", err)
}

// changed lists the attributes that a request changes.
func changed(m *ldap.ModifyRequest) []string {
	var out []string
	for _, c := range m.Changes {
		out = append(out, c.Modification.Type)
	}
	return attributes(out)
}

func (s *System) refused(kind error, happened, advice string, err error) error {
	f := &fault.Fault{Kind: kind, Summary: summarySwitch, Happened: happened, Advice: advice}
	if text := spoken(err); text != "" {
		f.Err = errors.New(s.shown(text))
	}
	return f
}

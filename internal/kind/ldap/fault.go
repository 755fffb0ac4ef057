package ldap

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/go-ldap/ldap/v3"

	"github.com/custodyhq/terraform-provider-custody/internal/fault"
	"github.com/custodyhq/terraform-provider-custody/internal/system"
	"github.com/custodyhq/terraform-provider-custody/internal/system/paging"
	"github.com/custodyhq/terraform-provider-custody/internal/system/redact"
)

const (
	summary = "Unable to Read Directory"

	adviceReach  = "Check that url is right and that the directory can be reached from here, then plan again."
	adviceRights = "Give the account the rights to read and to search the attributes and entries that are configured here, then plan again."
)

// flawed marks the fault of an entry that cannot be read although the directory
// answers.
type flawed struct{ error }

func (f *flawed) Unwrap() error { return f.error }

// listError marks a fault that prevents reading a list, but not single entries.
type listError struct{ error }

func (u *listError) Unwrap() []error { return []error{u.error, system.ErrCannotList} }

func (s *System) unavailable(happened, advice string, err error) error {
	f := &fault.Fault{Kind: fault.ErrUnavailable, Summary: summary, Happened: happened, Advice: advice}
	if text := spoken(err); text != "" {
		f.Err = errors.New(s.shown(text))
	}
	return f
}

// shown returns a text of the directory in a form that may be shown in a
// message.
func (s *System) shown(text string) string {
	const most = 300
	return s.secrets.Text(text, most)
}

// spoken returns the parts of an error that come from the library and this
// machine. The texts of the directory are left out, because they may repeat a
// credential; its codes are kept.
func spoken(err error) string {
	var e *ldap.Error
	switch {
	case err == nil:
		return ""
	case errors.As(err, &e) && e.ResultCode < ldap.ErrorNetwork:
		text := fmt.Sprintf("LDAP Result Code %d %q", e.ResultCode, ldap.LDAPResultCodeMap[e.ResultCode])
		if e.Err != nil {
			text += logonFailure(e.Err.Error())
		}
		return text
	case errors.As(err, &e) && redact.Local(err) == "":
		return fmt.Sprintf("LDAP Result Code %d %q", e.ResultCode, ldap.LDAPResultCodeMap[e.ResultCode])
	}
	return redact.Local(err)
}

// logonFailures are the codes with which Active Directory says why an account
// cannot log in.
var logonFailures = map[string]string{
	"525": "there is no such account", "52e": "the account or its password is wrong", "530": "the account may not log in at this time",
	"531": "the account may not log in from here", "532": "the password has expired", "533": "the account is disabled",
	"701": "the account has expired", "773": "the password must be changed first", "775": "the account is locked",
}

var logonCode = regexp.MustCompile(`, data ([0-9a-f]{3}),`)

// logonFailure returns the meaning of the code in a message of Active Directory.
func logonFailure(message string) string {
	m := logonCode.FindStringSubmatch(message)
	if m == nil || logonFailures[m[1]] == "" {
		return ""
	}
	return fmt.Sprintf(" (%s: %s)", m[1], logonFailures[m[1]])
}

func clean(s string) string { return system.Clean(strings.ToValidUTF8(s, "\uFFFD")) }

// fault returns the fault for the error of a search.
func (s *System) fault(q query, err error) error {
	var known *fault.Fault
	if errors.As(err, &known) {
		return err
	}
	name := s.config.Name
	var opening *dialError
	if errors.As(err, &opening) {
		return s.openingFault(opening)
	}
	if errors.Is(err, errTooSlow) {
		return s.unavailable(fmt.Sprintf("The directory %q did not answer a search within %s.", name, s.config.Timeout),
			"Plan again. If it happens again, check that the searched attributes are indexed, or set a longer timeout.", nil)
	}
	if lost(err) {
		return s.unavailable(fmt.Sprintf("The connection to the directory %q was lost in the middle of a search, and again on a new connection.", name),
			"Plan again. If it happens again, look at the directory's log.", err)
	}
	if errors.Is(err, errEndless) {
		return s.unavailable(fmt.Sprintf("The directory %q gave an answer under %q that cannot be trusted: %s.", name, q.base, err), paging.Advice, nil)
	}
	for _, e := range []error{errReferred, errRepeating, errTooMany} {
		if errors.Is(err, e) {
			return s.unavailable(fmt.Sprintf("The directory %q gave an answer under %q that cannot be trusted: %s.", name, q.base, e),
				"References are not followed, because the password would be sent to the other server. Choose base DNs that this server holds completely.", nil)
		}
	}
	happened, advice := s.refusal(q, err)
	return s.unavailable(happened, advice, err)
}

// tooLong reports whether an answer was cut off only because of its length:
// then a search for one entry may still be answered.
func tooLong(err error) bool {
	return errors.Is(err, errTooMany) || ldap.IsErrorAnyOf(err, ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded, ldap.LDAPResultTimeLimitExceeded)
}

// refusal explains the result code of a search.
func (s *System) refusal(q query, err error) (happened, advice string) {
	about := fmt.Sprintf("The directory %q", s.config.Name)
	var e *ldap.Error
	if !errors.As(err, &e) || e.ResultCode >= ldap.ErrorNetwork {
		return about + " gave an answer that cannot be understood.", adviceReach
	}
	switch e.ResultCode {
	case ldap.LDAPResultNoSuchObject:
		return fmt.Sprintf("%s has no entry %q, or hides it.", about, q.base),
			"Correct the base DN, or give the account the right to read it. A missing base does not prove that the people below it have left."
	case ldap.LDAPResultSizeLimitExceeded, ldap.LDAPResultAdminLimitExceeded:
		return about + " cut the answer off at its own limit.",
			"Set page_size to less than what the server allows, or raise the limits of the account for paged results (in slapd: limits … size.pr, size.prtotal)."
	case ldap.LDAPResultTimeLimitExceeded:
		return about + " aborted the search because it took too long.",
			"Have the attributes that are searched indexed, or choose narrower base DNs."
	case ldap.LDAPResultReferral:
		return fmt.Sprintf("%s says that %q is on another server.", about, q.base),
			"Set url to a server that holds it. References are not followed, because the password would be sent to the other server."
	case ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultOperationsError:
		return about + " did not let the account search.", adviceRights
	case ldap.LDAPResultBusy, ldap.LDAPResultUnavailable, ldap.LDAPResultUnwillingToPerform:
		return about + " would not answer.", "Look at the directory itself; when it answers again, plan again."
	}
	return about + " could not answer a search.", "Check the filters and attributes in the block of the system, then plan again."
}

func (s *System) openingFault(e *dialError) error {
	about, address := fmt.Sprintf("The directory %q", s.config.Name), s.pool.address
	if errors.Is(e.err, errTooSlow) {
		return s.unavailable(fmt.Sprintf("%s at %s did not answer within %s.", about, address, s.config.Timeout), adviceReach, nil)
	}
	switch e.step {
	case stepTLS:
		return s.unavailable(fmt.Sprintf("The connection to the directory %q at %s could not be protected. The password was not sent.", s.config.Name, address),
			"If the certificate comes from a private authority, name that authority's certificate in ca_file, and write the host in url as the certificate does. "+
				"Verification cannot be turned off.", e.err)
	case stepBind:
		return s.bindFault(about, e.err)
	}
	return s.unavailable(fmt.Sprintf("%s at %s could not be reached.", about, address), adviceReach, e.err)
}

func (s *System) bindFault(about string, err error) error {
	var code *ldap.Error
	if !errors.As(err, &code) || code.ResultCode >= ldap.ErrorNetwork {
		return s.unavailable(about+" did not answer the login.", adviceReach, err)
	}
	switch code.ResultCode {
	case ldap.LDAPResultStrongAuthRequired, ldap.LDAPResultConfidentialityRequired:
		return s.unavailable(about+" accepts passwords on protected connections only.", "Use ldaps://, or start_tls = true.", err)
	case ldap.LDAPResultInvalidCredentials:
		return s.unavailable(about+" refused the account or its password. It is not tried again in this run, so that the account is not locked.",
			"Check bind_dn and password: the password may be wrong or expired, the account disabled or locked.", err)
	}
	return s.unavailable(about+" did not let the account log in.", "Check bind_dn and password, and that the account may log in with a password.", err)
}

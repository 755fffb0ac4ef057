package servers

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reviewFiles copies the files with which an administrator sets up reviews.
func reviewFiles(dir string) error {
	for from, to := range map[string]string{"lifecycle.pm": "site.d/review.pm", "queue.pl": "queue.pl"} {
		text, err := os.ReadFile(filepath.Join(checkout, "examples", "reviews", "request-tracker", from))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.FromSlash(to)), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// ReviewRights returns tokens of accounts that lack one right each of those that the
// queue Access Review gives to the group Custody Reviews, by that right, and under the
// name of each further right one that has all of them and that one.
func (rt *RequestTracker) ReviewRights(t testing.TB, further ...string) map[string]string {
	t.Helper()
	text := rt.perl(t, `my $queue = RT::Queue->new(RT->SystemUser); $queue->Load('Access Review');
my $group = RT::Group->new(RT->SystemUser); $group->LoadUserDefinedGroup('Custody Reviews');
my $list = RT::ACL->new(RT->SystemUser); $list->LimitToObject($queue); $list->LimitToPrincipal(Id => $group->PrincipalId);
my @all; while (my $one = $list->Next) { push @all, $one->RightName }
my $account = sub {
  my ($named, @rights) = @_;
  my $user = RT::User->new(RT->SystemUser);
  my ($made, $why) = $user->Create(Name => "account $named", EmailAddress => "$named\@rights.example.org", Privileged => 1); die $why unless $made;
  for my $right (@rights) { my ($ok, $why) = $user->PrincipalObj->GrantRight(Object => $queue, Right => $right); die "$right: $why" unless $ok }
  my $token = RT::AuthToken->new(RT->SystemUser);
  my ($id, $refused, $text) = $token->Create(Owner => $user->Id, Description => 'tests'); die $refused unless $id;
  print "$named $text\n";
};
for my $lacks (@all) { $account->($lacks, grep { $_ ne $lacks } @all) }
for my $more (@ARGV) { $account->($more, @all, $more) }`, further...)
	out := make(map[string]string)
	for line := range strings.Lines(text) {
		if right, token, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			out[right] = token
		}
	}
	return out
}

// ReviewQueues makes a queue with the lifecycle of reviews and no custom field, and one
// with the custom field Unique Key, whose values are unique. The group Custody Reviews
// has its rights there as well. The names are returned; they are those of the test.
func (rt *RequestTracker) ReviewQueues(t testing.TB) (bare, unique string) {
	t.Helper()
	bare, unique = "Bare of "+t.Name(), "Unique of "+t.Name()
	rt.perl(t, `my $group = RT::Group->new(RT->SystemUser); $group->LoadUserDefinedGroup('Custody Reviews');
my $staff = RT::Group->new(RT->SystemUser); $staff->LoadSystemInternalGroup('Privileged');
for my $name (@ARGV) {
  my $queue = RT::Queue->new(RT->SystemUser);
  my ($id, $why) = $queue->Create(Name => $name, Lifecycle => 'review'); die $why unless $id;
  for my $right (qw(SeeQueue ShowTicket ShowTicketComments SeeCustomField CreateTicket SetInitialCustomField ModifyTicket ReassignTicket)) {
    my ($ok, $why) = $group->PrincipalObj->GrantRight(Object => $queue, Right => $right); die "$right: $why" unless $ok;
  }
  $staff->PrincipalObj->GrantRight(Object => $queue, Right => 'OwnTicket');
}
my $field = RT::CustomField->new(RT->SystemUser);
my ($id, $why) = $field->Create(Name => 'Unique Key', Type => 'FreeformSingle', LookupType => 'RT::Queue-RT::Ticket', UniqueValues => 1); die $why unless $id;
my $queue = RT::Queue->new(RT->SystemUser); $queue->Load($ARGV[1]);
my ($ok, $refused) = $field->AddToObject($queue); die $refused unless $ok;`, bare, unique)
	return bare, unique
}

// perl runs a program against the database of the server and returns what it prints.
func (rt *RequestTracker) perl(t testing.TB, program string, args ...string) string {
	t.Helper()
	const preamble = "use lib '/usr/share/request-tracker5/lib'; use RT -init; "
	out, err := Do(context.Background(), rt.dir, rt.env, "perl", append([]string{"-e", preamble + program}, args...)...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

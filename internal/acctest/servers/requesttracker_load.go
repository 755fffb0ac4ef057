package servers

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// AssetRecord is an asset that Load makes.
type AssetRecord struct {
	Name, Catalog, Status string
	HeldBy                []string          // user names
	Fields                map[string]string // custom fields
}

// Load makes users who may own tickets, unless they are there, and assets, faster than the
// API would. It returns the numbers of the assets by their names.
func (rt *RequestTracker) Load(t testing.TB, users []string, assets []AssetRecord) map[string]string {
	t.Helper()
	text, err := json.Marshal(map[string]any{"users": users, "assets": assets})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "load.json")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	said := rt.perl(t, `use JSON; open my $in, '<', $ARGV[0] or die $!; local $/; my $all = decode_json(<$in>);
my $made = 0;
my $step = sub { # SQLite has one writer, and others write too
  if ($made++ % 50 == 0) { $RT::Handle->Commit if $made > 1; $RT::Handle->BeginTransaction }
};
for my $name (@{$all->{users}}) {
  $step->();
  my $user = RT::User->new(RT->SystemUser); $user->Load($name);
  next if $user->Id;
  my ($id, $why) = $user->Create(Name => $name, Privileged => 1); die $why unless $id;
}
for my $a (@{$all->{assets}}) {
  $step->();
  my ($id, $why) = RT::Asset->new(RT->SystemUser)->Create(
    Name => $a->{Name}, Catalog => $a->{Catalog}, Status => $a->{Status}, HeldBy => $a->{HeldBy},
    map { ("CustomField-$_" => $a->{Fields}{$_}) } keys %{$a->{Fields}});
  die $why unless $id;
  print "$id $a->{Name}\n";
}
$RT::Handle->Commit if $made;`, path)
	numbers := make(map[string]string, len(assets))
	for line := range strings.Lines(said) {
		if number, name, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			numbers[name] = number
		}
	}
	if len(numbers) != len(assets) {
		t.Fatalf("%d of %d assets were made", len(numbers), len(assets))
	}
	return numbers
}

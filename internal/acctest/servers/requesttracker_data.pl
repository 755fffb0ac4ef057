# What a Request Tracker for tests holds from the start.
our @Users = (
  # The account that a careful administrator would make for the provider.
  { Name => 'custody', EmailAddress => 'custody@example.org', RealName => 'Custody', Privileged => 1 },
  # Reads assets, and the tasks of three queues, with the rights that the guide names.
  { Name => 'reads', EmailAddress => 'reads@example.org', RealName => 'Reads', Privileged => 1 },
  # May see the assets of one catalog, and the tickets of one queue.
  { Name => 'narrow', EmailAddress => 'narrow@example.org', RealName => 'Narrow', Privileged => 1 },
  # May do everything; tests write with it.
  { Name => 'seeder', EmailAddress => 'seeder@example.org', RealName => 'Seeder', Privileged => 1 },
  # Asks for reviews, with the rights of the group that the guide makes. Its dates are
  # those of another time zone.
  { Name => 'asks', EmailAddress => 'asks@example.org', RealName => 'Asks', Privileged => 1, Timezone => 'America/New_York' },
  # May read reviews and change none.
  { Name => 'watches', EmailAddress => 'watches@example.org', RealName => 'Watches', Privileged => 1 },
  { Name => 'dan', EmailAddress => 'dan@example.org', RealName => 'Dan Draper', Privileged => 1 },
  { Name => 'ann', EmailAddress => 'ann@example.org', RealName => 'Ann Archer', Privileged => 1 },
  { Name => 'bob', EmailAddress => 'bob@example.org', RealName => 'Bob Baker', Privileged => 0 },
  { Name => 'cam', EmailAddress => 'cam@example.org', RealName => 'Cam Carver', Privileged => 0 },
);
our @Groups = (
  { Name => 'Payments', Description => 'A team', Members => { Users => [qw(ann cam)] } },
);
our @Catalogs = (
  { Name => 'Laptops', Lifecycle => 'assets', Description => 'Devices of people' },
  { Name => 'Applications', Lifecycle => 'assets', Description => 'Applications and services' },
);
our @Queues = (
  { Name => 'Offboarding', Description => 'People who leave' },
  { Name => 'Handovers', Description => 'Assets that change hands', Lifecycle => 'handover' },
  { Name => 'Decommissioning', Description => 'Assets that end' },
  { Name => 'Helpdesk', Description => 'Everything else' },
  { Name => 'Secret', Description => 'Tickets that few may see' },
);
my %asset = ( LookupType => 'RT::Catalog-RT::Asset', ApplyTo => 0 );
our @CustomFields = (
  ( map { { Name => $_, Type => 'FreeformSingle', %asset } } 'Class', 'Purpose', 'Environment', 'Criticality', 'Third Party', 'Shared' ),
  ( map { { Name => $_, Type => 'DateSingle', %asset } } 'Retirement Date', 'Verified', 'Assigned' ),
  { Name => 'Last Seen', Type => 'DateTimeSingle', %asset },
  { Name => 'Service Accounts', Type => 'FreeformMultiple', %asset },
  { Name => 'Typed Date', Type => 'FreeformSingle', %asset },
);
our @Final = (
  sub {
    my %user = map { my $u = RT::User->new(RT->SystemUser); $u->Load($_); ($_ => $u) } qw(custody reads narrow seeder asks watches ann dan);
    my $grant = sub {
      my ($who, $object, @rights) = @_;
      for my $right (@rights) {
        my ($ok, $why) = $user{$who}->PrincipalObj->GrantRight(Object => $object, Right => $right);
        die "$who $right: $why" unless $ok;
      }
    };
    $grant->(custody => RT->System, qw(ShowAsset ShowCatalog SeeCustomField SeeGroup SeeQueue ShowTicket));
    $grant->(seeder => RT->System, 'SuperUser');
    my $catalog = RT::Catalog->new(RT->SystemUser); $catalog->Load('Laptops');
    $grant->(narrow => $catalog, qw(ShowAsset ShowCatalog SeeCustomField));
    my $queue = RT::Queue->new(RT->SystemUser); $queue->Load('Helpdesk');
    $grant->(narrow => $queue, qw(SeeQueue ShowTicket));
    $grant->(reads => RT->System, qw(ShowAsset ShowCatalog SeeCustomField));
    for my $name (qw(Offboarding Handovers Decommissioning)) {
      my $tasks = RT::Queue->new(RT->SystemUser); $tasks->Load($name);
      $grant->(reads => $tasks, qw(SeeQueue ShowTicket));
      $grant->(dan => $tasks, qw(SeeQueue ShowTicket ModifyTicket)); # closes them
    }
    my $asking = RT::Group->new(RT->SystemUser); $asking->LoadUserDefinedGroup('Custody Reviews');
    my ($in, $refused) = $asking->AddMember($user{asks}->PrincipalId); die $refused unless $in;
    my $reviews = RT::Queue->new(RT->SystemUser); $reviews->Load('Access Review');
    $grant->(watches => $reviews, qw(SeeQueue ShowTicket SeeCustomField));
    open my $out, '>', '@DIR@/tokens' or die $!;
    for my $name (sort keys %user) {
      my $token = RT::AuthToken->new(RT->SystemUser);
      my ($id, $why, $text) = $token->Create(Owner => $user{$name}->Id, Description => 'tests');
      die "$name: $why" unless $id;
      print $out "$name $text\n";
    }
    close $out or die $!;
  },
);
1;

# The queue in which custody asks for reviews. Insert it once, after lifecycle.pm:
#
#   rt-setup-database --action insert --datafile queue.pl
#
# Then add the account of the provider to the group Custody Reviews.
our @Groups = ( { Name => 'Custody Reviews', Description => 'Accounts with which custody asks for reviews' } );
our @Queues = ( { Name => 'Access Review', Lifecycle => 'review', Description => 'Is this access still justified?' } );
our @CustomFields = (
  # Not UniqueValues: with it, a case that two runs open at once loses its key.
  { Name => 'Custody Key', Type => 'FreeformSingle', LookupType => 'RT::Queue-RT::Ticket', Queue => ['Access Review'] },
  { Name => 'Custody Grant', Type => 'FreeformSingle', LookupType => 'RT::Queue-RT::Ticket', Queue => ['Access Review'] },
);
our @Final = ( sub {
  my $queue = RT::Queue->new(RT->SystemUser); $queue->Load('Access Review');
  my $grant = sub {
    my ($who, @rights) = @_;
    for my $right (@rights) {
      my ($ok, $why) = $who->PrincipalObj->GrantRight(Object => $queue, Right => $right);
      die "$right: $why" unless $ok;
    }
  };
  my $custody = RT::Group->new(RT->SystemUser); $custody->LoadUserDefinedGroup('Custody Reviews');
  $grant->($custody, qw(SeeQueue ShowTicket ShowTicketComments SeeCustomField CreateTicket SetInitialCustomField ModifyTicket ReassignTicket));
  # Whoever has a case may answer it, and nobody else.
  my $owner = RT::Group->new(RT->SystemUser); $owner->LoadRoleGroup(Object => $queue, Name => 'Owner');
  $grant->($owner, qw(SeeQueue ShowTicket ShowTicketComments AnswerReview CommentOnTicket ReplyToTicket));
  # Those who may be asked. Narrow it to a group of your own if you like.
  my $staff = RT::Group->new(RT->SystemUser); $staff->LoadSystemInternalGroup('Privileged');
  $grant->($staff, 'OwnTicket');
  # A queue that shows no ticket at all proves nothing, so it begins with one.
  my $first = RT::Ticket->new(RT->SystemUser);
  my ($id, undef, $why) = $first->Create(Queue => $queue->Id, Subject => 'Reviews of custody begin here. Please keep this ticket.');
  die $why unless $id;
  my ($ok, $said) = $first->SetStatus('withdrawn');
  die $said unless $ok;
} );
1;

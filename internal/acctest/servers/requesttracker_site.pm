# The settings of a Request Tracker for tests; nothing below /etc is used, and
# nothing outside the folder of the tests is written.
Set($rtname, 'rt.test');
Set($Organization, 'rt.test');
Set($WebDomain, '127.0.0.1');
Set($WebPort, @PORT@);
Set($WebPath, '');
Set($CanonicalizeRedirectURLs, 0);
# Dates in queries are read in the time zone of the one who asks.
Set($Timezone, 'UTC');
Set($DatabaseType, 'SQLite');
Set($DatabaseName, '@DIR@/rt.db');
Set($WebSessionClass, 'Apache::Session::File');
Set($MasonDataDir, '@DIR@/pages');
Set($MasonSessionDir, '@DIR@/sessions');
Set($LogToSyslog, undef);
Set($LogToSTDERR, 'warning');
# Mail is kept in files below VarPath.
$RT::VarPath = '@DIR@/mail';
Set($MailCommand, 'mbox');
# The mail gateway may resolve tickets, as some are set up to do.
Set(@MailPlugins, qw(Auth::MailFrom Action::Resolve));
Set($CustodyMailServer, 'mx.example.org');
# A token is checked with every request, at this cost.
Set($BcryptCost, 4);
Set(%Lifecycles,
  # One status for each of our states, and one that says nothing.
  custody => {
    type => 'asset',
    initial => ['planned'], active => ['in_service', 'maintenance', 'unstated'], inactive => ['lost', 'retired', 'deleted'],
    defaults => { on_create => 'planned' },
    transitions => {
      '' => [qw(planned in_service maintenance unstated lost retired)],
      map { my $from = $_; $from => [grep { $_ ne $from } qw(planned in_service maintenance unstated lost retired deleted)] }
        qw(planned in_service maintenance unstated lost retired deleted),
    },
    rights => { '* -> *' => 'ModifyAsset' },
  },
  # Tickets whose statuses nobody else has words for.
  handover => {
    initial => ['announced'], active => ['collecting'], inactive => ['handed-over', 'rejected', 'deleted'],
    defaults => { on_create => 'announced' },
    transitions => {
      '' => [qw(announced collecting handed-over)],
      map { my $from = $_; $from => [grep { $_ ne $from } qw(announced collecting handed-over rejected deleted)] }
        qw(announced collecting handed-over rejected deleted),
    },
    rights => { '* -> deleted' => 'DeleteTicket', '* -> *' => 'ModifyTicket' },
  },
);
1;

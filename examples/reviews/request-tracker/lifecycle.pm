# The lifecycle of a review. Put this file into RT_SiteConfig.d as review.pm, and
# restart Request Tracker.
#
# AnswerReview is a right of its own, which Request Tracker knows from here: custody may
# withdraw a review, and cannot answer one.
Set(%Lifecycles,
  review => {
    # Not active: a reply would open a case again that was answered. Withdrawn comes first:
    # what only closes a ticket, such as the action resolve of the mail gateway, takes the
    # first status, and must not confirm.
    initial => ['open'], active => [], inactive => [qw(withdrawn confirmed rejected deleted)],
    defaults => { on_create => 'open' },
    transitions => {
      '' => ['open'],
      open => [qw(withdrawn confirmed rejected deleted)],
      confirmed => ['open'], rejected => ['open'], withdrawn => [qw(open deleted)], deleted => ['open'],
    },
    rights => {
      '* -> confirmed' => 'AnswerReview', '* -> rejected' => 'AnswerReview',
      '* -> withdrawn' => 'ModifyTicket', '* -> deleted' => 'DeleteTicket', '* -> open' => 'ReopenReview',
    },
    # What the page of a ticket offers. Each opens the form for a comment, which
    # becomes the note of the answer.
    actions => [
      'open -> confirmed' => { label => 'Still needed', update => 'Comment' },
      'open -> rejected' => { label => 'No longer needed', update => 'Comment' },
    ],
  },
);
1;

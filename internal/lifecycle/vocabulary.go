package lifecycle

// State is the lifecycle state of an asset, to which every asset system's own
// states are mapped.
type State uint8

// The lifecycle states. StateUnknown is the zero value: a missing state is
// unknown.
const (
	StateUnknown State = iota
	StatePlanned
	StateInService
	StateMaintenance
	StateLost
	StateRetired
)

var stateNames = names[State]{"asset state", []string{"unknown", "planned", "in_service", "maintenance", "lost", "retired"}}

func (s State) String() string { return stateNames.text(s) }

// terminal reports whether the asset is out of service for good.
func (s State) terminal() bool { return s == StateLost || s == StateRetired }

// ParseState returns the state that s names.
func ParseState(s string) (State, error) { return stateNames.parse(s) }

// States lists the accepted states.
func States() []string { return stateNames.all() }

// OwnerStatus says whether an owner is still here.
type OwnerStatus uint8

// The owner statuses. PersonUnknown is the zero value. PersonEnded is never a
// directory's word: it is what Assess makes of an active person whose end date has
// passed.
const (
	PersonUnknown OwnerStatus = iota
	PersonActive
	PersonLeaving
	PersonSuspended
	PersonLeft
	PersonEnded
)

var (
	ownerStatusNames     = names[OwnerStatus]{"owner status", []string{"unknown", "active", "leaving", "suspended", "left", "ended"}}
	directoryStatusNames = names[OwnerStatus]{"owner status", ownerStatusNames.list[:PersonEnded]}
)

func (s OwnerStatus) String() string { return ownerStatusNames.text(s) }

// ParseOwnerStatus returns the status that s names.
func ParseOwnerStatus(s string) (OwnerStatus, error) { return ownerStatusNames.parse(s) }

// OwnerStatuses lists the statuses that an owner can have.
func OwnerStatuses() []string { return ownerStatusNames.all() }

// ParseDirectoryStatus returns the status that s names, of those that a directory
// may state.
func ParseDirectoryStatus(s string) (OwnerStatus, error) { return directoryStatusNames.parse(s) }

// DirectoryStatuses lists the statuses that a directory may state.
func DirectoryStatuses() []string { return directoryStatusNames.all() }

// OwnerKind says what sort of owner a directory entry is.
type OwnerKind uint8

// The owner kinds. KindUnstated is the zero value.
const (
	KindUnstated OwnerKind = iota
	KindEmployee
	KindTeam
	KindService
	KindContractor
	KindVendor
)

var ownerKindNames = names[OwnerKind]{"owner kind", []string{"", "employee", "team", "service", "contractor", "vendor"}}

func (k OwnerKind) String() string { return ownerKindNames.text(k) }

// ParseOwnerKind returns the kind that s names.
func ParseOwnerKind(s string) (OwnerKind, error) { return ownerKindNames.parse(s) }

// OwnerKinds lists the accepted owner kinds.
func OwnerKinds() []string { return ownerKindNames.all() }

// TaskKind says what an open task asks for. Tasks of other kinds are not
// custody tasks and are not read.
type TaskKind uint8

// The task kinds.
const (
	TaskOffboarding TaskKind = iota + 1
	TaskReassignment
	TaskDecommission
)

var taskKindNames = names[TaskKind]{"task kind", []string{"", "offboarding", "reassignment", "decommission"}}

func (k TaskKind) String() string { return taskKindNames.text(k) }

// ParseTaskKind returns the task kind that s names.
func ParseTaskKind(s string) (TaskKind, error) { return taskKindNames.parse(s) }

// TaskKinds lists the accepted task kinds.
func TaskKinds() []string { return taskKindNames.all() }

// BoundTo says whether the access to a class of assets belongs to a person or to a
// workload.
type BoundTo uint8

// The two columns of the baseline, and a class that the policy maps to neither.
// Such an asset gets the more careful side of both: nothing is issued to somebody
// who has left, and nothing is cut that a workload would keep.
const (
	BoundToUnclassified BoundTo = iota
	BoundToWorkload
	BoundToPerson
)

var (
	boundToNames = names[BoundTo]{"bound_to", []string{"unclassified", "workload", "person"}}
	columnNames  = names[BoundTo]{"bound_to", []string{"", "workload", "person"}}
)

func (b BoundTo) String() string { return boundToNames.text(b) }

// ParseBoundTo returns what s names, unclassified included.
func ParseBoundTo(s string) (BoundTo, error) { return boundToNames.parse(s) }

// BoundTos lists what an asset can be bound to, unclassified included.
func BoundTos() []string { return boundToNames.all() }

// ParseColumn returns the column that s names: what a policy may map a class to
// and select by.
func ParseColumn(s string) (BoundTo, error) { return columnNames.parse(s) }

// Columns lists the columns of the baseline.
func Columns() []string { return columnNames.all() }

// Risk says how much harm the access could do in the wrong hands.
type Risk uint8

// The risks, in rising order.
const (
	RiskStandard Risk = iota
	RiskPrivileged
)

var riskNames = names[Risk]{"risk", []string{"standard", "privileged"}}

func (r Risk) String() string { return riskNames.text(r) }

// ParseRisk returns the risk that s names.
func ParseRisk(s string) (Risk, error) { return riskNames.parse(s) }

// Risks lists the accepted risks.
func Risks() []string { return riskNames.all() }

// Action is what happens to the access. Values are ordered by severity.
type Action uint8

// The actions, mildest first.
const (
	Keep Action = iota
	Recertify
	Review
	Lapse // what exists stays until its own expiry; nothing is issued or renewed
	Block
	Revoke
)

var actionNames = names[Action]{"action", []string{"keep", "recertify", "review", "lapse", "block", "revoke"}}

func (a Action) String() string { return actionNames.text(a) }

// ParseAction returns the action that s names.
func ParseAction(s string) (Action, error) { return actionNames.parse(s) }

// Actions lists the actions, mildest first.
func Actions() []string { return actionNames.all() }

// Rotation is what happens to the credential besides the action. Values are
// ordered by severity.
type Rotation uint8

// The rotations, mildest first.
const (
	RotateNone Rotation = iota
	RotateOverlap
	RotateNow
)

var rotationNames = names[Rotation]{"rotation", []string{"none", "overlap", "now"}}

func (r Rotation) String() string { return rotationNames.text(r) }

// ParseRotation returns the rotation that s names.
func ParseRotation(s string) (Rotation, error) { return rotationNames.parse(s) }

// Rotations lists the rotations, mildest first.
func Rotations() []string { return rotationNames.all() }

// Status is the state of a grant.
type Status uint8

// The statuses of a grant.
const (
	StatusActive Status = iota
	StatusReview
	StatusLapsing
	StatusBlocked
	StatusRevoked
	StatusExpired
)

var statusNames = names[Status]{"grant status", []string{"active", "review", "lapsing", "blocked", "revoked", "expired"}}

func (s Status) String() string { return statusNames.text(s) }

// ParseStatus returns the status that s names.
func ParseStatus(s string) (Status, error) { return statusNames.parse(s) }

// Statuses lists the statuses of a grant.
func Statuses() []string { return statusNames.all() }

// Mode says whether a policy is acted on.
type Mode uint8

// Enforce acts on what the policy decides. Observe decides and shows it, and acts
// on nothing.
const (
	Enforce Mode = iota
	Observe
)

var modeNames = names[Mode]{"enforcement mode", []string{"enforce", "observe"}}

func (m Mode) String() string { return modeNames.text(m) }

// ParseMode returns the mode that s names.
func ParseMode(s string) (Mode, error) { return modeNames.parse(s) }

// Modes lists the accepted modes.
func Modes() []string { return modeNames.all() }

// GenerationState says which of a grant's generations is the newest.
type GenerationState uint8

// A grant has one current generation and, while a rotation overlaps, one that
// is retiring.
const (
	Current GenerationState = iota
	Retiring
)

var generationStateNames = names[GenerationState]{"generation state", []string{"current", "retiring"}}

func (s GenerationState) String() string { return generationStateNames.text(s) }

// ParseGenerationState returns the generation state that s names.
func ParseGenerationState(s string) (GenerationState, error) { return generationStateNames.parse(s) }

// OnBlock says what a block does to the generations of a grant.
type OnBlock uint8

// OnBlockRemove takes the generation out of the map; OnBlockDisable leaves it
// there with enabled = false.
const (
	OnBlockRemove OnBlock = iota
	OnBlockDisable
)

var onBlockNames = names[OnBlock]{"on_block", []string{"remove", "disable"}}

func (o OnBlock) String() string { return onBlockNames.text(o) }

// ParseOnBlock returns the choice that s names.
func ParseOnBlock(s string) (OnBlock, error) { return onBlockNames.parse(s) }

// OnBlocks lists the accepted values of on_block.
func OnBlocks() []string { return onBlockNames.all() }

// Tristate is a yes or no that may be left unstated.
type Tristate uint8

// The three answers. Unstated is the zero value.
const (
	Unstated Tristate = iota
	No
	Yes
)

// TristateOf returns Yes for true and No for false.
func TristateOf(b bool) Tristate {
	if b {
		return Yes
	}
	return No
}

// Field is a fact of a record that a policy may require.
type Field uint8

// The fields that can be required.
const (
	FieldOwner Field = iota
	FieldPurpose
	FieldEnvironment
	FieldCriticality
)

var fieldNames = names[Field]{"required field", []string{"owner", "purpose", "environment", "criticality"}}

func (f Field) String() string { return fieldNames.text(f) }

// ParseField returns the field that s names.
func ParseField(s string) (Field, error) { return fieldNames.parse(s) }

// Fields lists the fields that can be required.
func Fields() []string { return fieldNames.all() }

// Signal is one ground for trusting a record.
type Signal uint8

// The signals of confidence. SignalCorroborated is a bonus on top of the other
// six, which add up to one.
const (
	SignalOwnerNamed Signal = iota
	SignalOwnerFound
	SignalSingleOwner
	SignalFresh
	SignalUncontradicted
	SignalComplete
	SignalCorroborated
	NumSignals
)

var signalNames = names[Signal]{"confidence signal", []string{
	"owner_named", "owner_found", "single_owner", "fresh", "uncontradicted", "complete", "corroborated",
}}

func (s Signal) String() string { return signalNames.text(s) }

// ParseSignal returns the signal that s names.
func ParseSignal(s string) (Signal, error) { return signalNames.parse(s) }

// Signals lists the signals of confidence.
func Signals() []string { return signalNames.all() }

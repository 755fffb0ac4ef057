package acctest_test

import (
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// TestReleasedPlatforms holds scripts/platforms.sh, which reads the release
// configuration without a parser of YAML, to what the configuration says.
func TestReleasedPlatforms(t *testing.T) {
	text, err := os.ReadFile("../../.goreleaser.yml")
	if err != nil {
		t.Fatal(err)
	}
	var release struct {
		Checksum struct {
			IDs []string `yaml:"ids"`
		} `yaml:"checksum"`
		Builds []struct {
			OS     []string `yaml:"goos"`
			Arch   []string `yaml:"goarch"`
			Ignore []struct {
				OS   string `yaml:"goos"`
				Arch string `yaml:"goarch"`
			} `yaml:"ignore"`
		} `yaml:"builds"`
	}
	if err := yaml.Unmarshal(text, &release); err != nil || len(release.Builds) != 2 {
		t.Fatalf("not two builds: %v, %+v", err, release)
	}
	if !reflect.DeepEqual(release.Builds[0], release.Builds[1]) {
		t.Errorf("the provider and custody-summary are released for other platforms: %+v", release.Builds)
	}
	// A registry takes no archive of another name than the provider's.
	if !slices.Equal(release.Checksum.IDs, []string{"provider"}) {
		t.Errorf("the checksums are of %q", release.Checksum.IDs)
	}
	var want []string
	for _, os := range release.Builds[0].OS {
		for _, arch := range release.Builds[0].Arch {
			want = append(want, os+"/"+arch)
		}
	}
	for _, i := range release.Builds[0].Ignore {
		want = slices.DeleteFunc(want, func(p string) bool { return p == i.OS+"/"+i.Arch })
	}
	got, err := exec.Command("../../scripts/platforms.sh", "--list").Output()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Fields(string(got)); !slices.Equal(got, want) || len(want) == 0 {
		t.Errorf("the script lists %q, the release configuration %q", got, want)
	}
}

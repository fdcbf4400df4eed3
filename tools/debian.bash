# SPDX-License-Identifier: GPL-2.0-only
#
# For tools/fetch-*, which source it: packages of a Debian suite that need not be this machine's, nor
# of its architecture. apt works in a folder of its own, on the mirror that this machine takes Debian
# from, and checks signatures as always: nothing is installed, no script of a package runs, and no
# folder of this machine's apt or dpkg is written.
#
#   debian_open SUITE [ARCH]     makes $state, which goes on exit, and knows the suite's packages
#   debian_apt WORD...           apt-get WORD... there
#   debian_debs PACKAGE...       fetches these and what they depend on: $state/debs
#   debian_unpack DIR            unpacks all of $state/debs into DIR, which is made anew
#   debian_deb PACKAGE           fetches this one alone: $state/debs
#
# Each ends the caller with the reason as the last line on stderr, and status 1.

KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
state=

die() {
	echo "tools/${0##*/}: $*" >&2
	exit 1
}

debian_needs() {
	local program

	((EUID == 0)) || die 'needs root'
	for program in apt-get dpkg-deb flock; do
		command -v $program >/dev/null || die "$program is not here: is this Debian?"
	done
	[[ -r $KEYRING ]] || die "$KEYRING is missing: apt-get install debian-archive-keyring"
}

debian_open() {
	local suite=$1 arch=${2:-$(dpkg --print-architecture)} mirror

	debian_needs
	# Label: the updates of security are signed as Debian too, from another mirror.
	mirror=$(apt-get indextargets --format '$(ORIGIN)/$(LABEL) $(REPO_URI)' 'Created-By: Packages' |
		sed -n 's,^Debian/Debian ,,p' | sed -n 1p)
	[[ -n $mirror ]] || die 'apt knows no mirror of Debian here (or was never updated: apt-get update)'

	state=$(mktemp -d)
	trap 'rm -rf "$state"' EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
	mkdir -p "$state"/{debs/partial,etc/apt/preferences.d,var/lib/apt/lists/partial,var/cache/apt}
	: >"$state/status"
	echo "deb [signed-by=$KEYRING] $mirror $suite main" >"$state/etc/apt/sources.list"
	# Check-Valid-Until: a release that is no longer maintained is not signed again.
	# The hooks are this machine's, for its own package lists.
	cat >"$state/conf" <<-END
		#clear APT::Update::Pre-Invoke;
		#clear APT::Update::Post-Invoke;
		#clear APT::Update::Post-Invoke-Success;
		#clear APT::Architectures;
		APT::Architecture "$arch";
		APT::Architectures "$arch";
		Dir "$state";
		Dir::State::status "$state/status";
		Dir::Cache::archives "$state/debs/";
		APT::Sandbox::User "root";
		APT::Install-Recommends "false";
		Acquire::Check-Valid-Until "false";
		Acquire::Languages "none";
		Acquire::Retries "2";
		Acquire::http::Timeout "20";
		Acquire::https::Timeout "20";
	END
	debian_apt update
}

debian_apt() {
	apt-get -c "$state/conf" -qq -o APT::Get::Assume-Yes=true "$@" >"$state/log" 2>&1 9>&- ||
		die "apt-get $1: $(grep '^E: ' "$state/log" | sed -n 1p)"
}

debian_debs() {
	debian_apt install --download-only "$@"
}

debian_unpack() {
	local tree=$1 name package

	rm -rf "$tree"
	mkdir -p "$tree"/usr/{bin,sbin,lib,lib32,lib64,libx32}
	# As in a system with one /usr, where paths of both kinds work; packages of before split it.
	for name in bin sbin lib lib32 lib64 libx32; do
		ln -s usr/$name "$tree/$name"
	done
	for package in "$state"/debs/*.deb; do
		dpkg-deb --fsys-tarfile "$package" |
			tar -x -C "$tree" --keep-directory-symlink --exclude=./usr/share/{doc,man,locale} ||
			die "cannot unpack ${package##*/}"
	done
}

debian_deb() {
	(cd "$state/debs" && debian_apt download "$1")
}

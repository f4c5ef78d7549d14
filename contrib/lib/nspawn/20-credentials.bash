# Gatehouse. SPDX-License-Identifier: Apache-2.0
# Where secrets come from.
# shellcheck shell=bash

check_credentials_are_loaded_from_the_folder() {
    fresh
    gatehouse ping
    [[ $(status_text) != *"cannot work"* ]]
    # The daemon runs without any right to the folder itself.
    ! setpriv --reuid "$(daemon_user)" --clear-groups \
        cat /etc/gatehouse/credentials/gicar-secret 2>/dev/null
}

check_a_credential_that_is_missing_is_named_and_the_daemon_stays_up() {
    fresh
    rm /etc/gatehouse/credentials/ibm-client-id
    gatehouse ping
    status_has "cannot work: profile pro (credentialMissing)"
    # By its key: what stands in the place of a name that is not found may be the secret itself.
    holds "$(journal --since -20s)" "profiles.pro.apiClientId: there is no credential file of this name in /run/credentials"
}

check_a_folder_without_credentials_keeps_nobody_from_starting() {
    fresh
    rm /etc/gatehouse/credentials/*
    gatehouse ping
    status_has "credentialMissing"
}

check_an_encrypted_credential_is_as_good() {
    fresh
    rm -r /etc/gatehouse/credentials/*
    mkdir -p /etc/gatehouse/encrypted
    local name
    for name in gicar-secret ibm-client-id; do
        echo "planted-secret-$name" | systemd-creds encrypt --with-key=host --name="$name" - "/etc/gatehouse/encrypted/$name" ||
            skip "systemd-creds encrypts nothing here"
    done
    drop_in spe </opt/gatehouse/examples/spe.conf
    gatehouse ping
    [[ $(status_text) != *"cannot work"* ]]
}

check_a_credential_set_in_a_drop_in_is_as_good() {
    fresh
    rm /etc/gatehouse/credentials/*
    drop_in set <<<$'[Service]\nSetCredential=gicar-secret:one\nSetCredential=gatehouse_ibm-client-id:two'
    gatehouse ping
    [[ $(status_text) != *"cannot work"* ]]
}

check_a_scan_with_loaded_credentials_reaches_the_server() {
    fresh
    with_lab
    gatehouse scan /etc/hostname
    [[ $(requests scanFile) -ge 1 ]]
}

check_a_faulty_configuration_is_told_to_callers_and_to_the_manager() {
    fresh
    echo 'profiles: {pro: {engin: spe}}' >/etc/gatehouse/gatehouse.yaml
    local answer code=0
    answer=$(gatehouse ping 2>&1) || code=$?
    ((code == 2))
    holds "$answer" "engin: unknown key"
    status_has "cannot serve: /etc/gatehouse/gatehouse.yaml"
    is gatehouse.service ActiveState active
    is gatehouse.service NRestarts 0
}

check_no_secret_is_in_the_journal_or_in_the_environment() {
    fresh
    gatehouse scan /etc/hostname || :
    ! journalctl --no-pager --all --output export | grep -a -q 'planted-secret'
    ! tr '\0' '\n' <"/proc/$(main_process)/environ" | grep -q 'planted-secret'
    ! tr '\0' '\n' <"/proc/$(main_process)/cmdline" | grep -q 'planted-secret'
}

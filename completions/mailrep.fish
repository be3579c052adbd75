# Print an optspec for argparse to handle cmd's options that are independent of any subcommand.
function __fish_mailrep_global_optspecs
    string join \n nameserver= zone= dns-timeout= now= json color= h/help V/version
end

function __fish_mailrep_needs_command
    # Figure out if the current invocation already has a command.
    set -l cmd (commandline -opc)
    set -e cmd[1]
    argparse -s (__fish_mailrep_global_optspecs) -- $cmd 2>/dev/null
    or return
    if set -q argv[1]
        # Also print the command, so this can be used to figure out what it is.
        echo $argv[1]
        return 1
    end
    return 0
end

function __fish_mailrep_using_subcommand
    set -l cmd (__fish_mailrep_needs_command)
    test -z "$cmd"
    and return 1
    contains -- $cmd[1] $argv
end

complete -c mailrep -n "__fish_mailrep_needs_command" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_needs_command" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_needs_command" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_needs_command" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_needs_command" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_needs_command" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_needs_command" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_needs_command" -s V -l version -d 'Print version'
complete -c mailrep -n "__fish_mailrep_needs_command" -f -a "check" -d 'Check a message: SPF, DKIM, DMARC and the client\'s name'
complete -c mailrep -n "__fish_mailrep_needs_command" -f -a "spf" -d 'Check SPF alone: may this client send for this domain?'
complete -c mailrep -n "__fish_mailrep_needs_command" -f -a "dmarc" -d 'Evaluate DMARC for given results of SPF and DKIM'
complete -c mailrep -n "__fish_mailrep_needs_command" -f -a "sign" -d 'Sign a message with DKIM and print it'
complete -c mailrep -n "__fish_mailrep_needs_command" -f -a "keygen" -d 'Make a key for DKIM and print the DNS record to publish'
complete -c mailrep -n "__fish_mailrep_needs_command" -f -a "srs" -d 'Rewrite envelope senders of forwarded mail, and bounces back (SRS)'
complete -c mailrep -n "__fish_mailrep_needs_command" -f -a "outbound" -d 'Find stolen accounts by the way they send'
complete -c mailrep -n "__fish_mailrep_needs_command" -f -a "filter" -d 'Say what to do with messages, by a policy file'
complete -c mailrep -n "__fish_mailrep_needs_command" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l ip -d 'Address of the client that delivered the message' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l helo -d 'Name that the client gave with HELO or EHLO' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l mail-from -d 'Envelope sender (MAIL FROM, the reverse-path)' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l login -d 'Account that the client has logged in to: the message is submitted here' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l authserv-id -d 'Name to write results under [default: this host\'s name]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l spf-trust -d 'Do not check clients in this network, which are relays of one\'s own; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l spf-record -d 'Judge as if this domain published this SPF record and no other; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l spf-explanation -d 'Explanation of a fail where the domain gives none' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l dmarc-trust -d 'Do nothing to failing messages of clients in this network, which forward mail and check it before; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l dmarc-list -d 'Do nothing to failing messages of this mailing list; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l dmarc-except -d 'Treat failing messages of this author domain so at most: none, quarantine or reject; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l trace -d 'Also show every step: questions, records, terms'
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l dmarc-psl -d 'Find organizational domains by the public suffix list (RFC 7489), and not by the tree walk (RFC 9989)'
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l ip -d 'Address of the client' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l helo -d 'Name that the client gave with HELO or EHLO' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l mail-from -d 'Envelope sender; \'\' or \'<>\' is the null reverse-path' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l lint -d 'Say what is wrong or unwise in the record of this domain, and what to do' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l spf-trust -d 'Do not check clients in this network, which are relays of one\'s own; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l spf-record -d 'Judge as if this domain published this SPF record and no other; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l spf-explanation -d 'Explanation of a fail where the domain gives none' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l trace -d 'Also show every step: questions, records, terms'
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand spf" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l from -d 'Author domain: the domain of the address in the From field' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l spf -d 'Domain that SPF checked, and its result' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l dkim -d 'Signing domain of a DKIM signature, and its result; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l lint -d 'Say what is wrong or unwise in what this domain publishes for DMARC, and what to do' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l dmarc-except -d 'Treat failing messages of this author domain so at most: none, quarantine or reject; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l trace -d 'Also show every step: questions and records'
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l dmarc-psl -d 'Find organizational domains by the public suffix list (RFC 7489), and not by the tree walk (RFC 9989)'
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and not __fish_seen_subcommand_from report" -f -a "report" -d 'Say who sends as us, of the aggregate reports that others sent'
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and __fish_seen_subcommand_from report" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and __fish_seen_subcommand_from report" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and __fish_seen_subcommand_from report" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and __fish_seen_subcommand_from report" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and __fish_seen_subcommand_from report" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and __fish_seen_subcommand_from report" -l all -d 'Show all addresses and domains, not only the first ones'
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and __fish_seen_subcommand_from report" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand dmarc; and __fish_seen_subcommand_from report" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l domain -d 'Signing domain (d=)' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l selector -d 'Selector of the key (s=): it is published at SELECTOR._domainkey.DOMAIN' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l key -d 'File with the private key in PEM, as \'mailrep keygen\' writes it' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l also -d 'Sign with this selector and key as well; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l canonicalization -d 'How much may change on the way, of the header and of the body: relaxed or simple [default: relaxed/relaxed]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l identity -d 'On whose behalf is signed (i=): an address, or \'@\' and a domain, at the signing domain or below it' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l expires-after -d 'How long the signature is valid (x=): seconds, or a number and s, m, h or d [default: for ever]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l field -d 'Sign this header field too where it is present; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand sign" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l domain -d 'Signing domain (d=)' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l selector -d 'Selector of the key (s=): a name of your choice, such as s2026' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l algorithm -d 'Type of the key [default: rsa]' -r -f -a "rsa\t'RSA, which everybody verifies'
ed25519\t'Ed25519 (RFC 8463), whose records and signatures are short, and which not everybody verifies yet'"
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l bits -d 'Bits of an RSA key: 2048, 3072 or 4096 [default: 2048]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l out -d 'File for the private key' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l verify -d 'Make no key: ask the DNS whether the key in the file is published'
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand keygen" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and not __fish_seen_subcommand_from forward reverse serve" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and not __fish_seen_subcommand_from forward reverse serve" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and not __fish_seen_subcommand_from forward reverse serve" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and not __fish_seen_subcommand_from forward reverse serve" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and not __fish_seen_subcommand_from forward reverse serve" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and not __fish_seen_subcommand_from forward reverse serve" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and not __fish_seen_subcommand_from forward reverse serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and not __fish_seen_subcommand_from forward reverse serve" -f -a "forward" -d 'Rewrite envelope senders for forwarded mail'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and not __fish_seen_subcommand_from forward reverse serve" -f -a "reverse" -d 'Give back the addresses that rewritten ones stand for'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and not __fish_seen_subcommand_from forward reverse serve" -f -a "serve" -d 'Serve the maps that Postfix asks, in place of PostSRSd'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l domain -d 'Alias domain, in which rewritten addresses are' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l secret-file -d 'File with the secrets of the alias domain, one a line: the first makes hashes, all are tried' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l also -d 'Reverse addresses in this alias domain as well, with secrets of its own; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l hash-length -d 'Letters of the hash in new addresses, 4 to 27 [default: 4]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l hash-min -d 'Letters that a hash must have to be believed [default: 4]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l separator -d 'What follows SRS0 and SRS1 in new addresses: \'=\', \'+\' or \'-\' [default: =]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l max-age -d 'Days for which an address can be reversed, 1 to 1022 [default: 21]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l mac -d 'Form of the hash in new addresses [default: compat, or strong with \'--accept strong\']' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l accept -d 'Forms of the hash that are believed [default: both]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l exclude -d 'Leave addresses of this domain alone; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l local -d 'A domain of this host, whose addresses it may use as they are; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l long -d 'Whether a new local part may have more than 64 octets [default: allow]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l create-secret -d 'Make the secret file if it is not there, with 32 random octets in base64, for its owner alone'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l always -d 'Rewrite addresses of the alias domain, too'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from forward" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l domain -d 'Alias domain, in which rewritten addresses are' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l secret-file -d 'File with the secrets of the alias domain, one a line: the first makes hashes, all are tried' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l also -d 'Reverse addresses in this alias domain as well, with secrets of its own; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l hash-length -d 'Letters of the hash in new addresses, 4 to 27 [default: 4]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l hash-min -d 'Letters that a hash must have to be believed [default: 4]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l separator -d 'What follows SRS0 and SRS1 in new addresses: \'=\', \'+\' or \'-\' [default: =]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l max-age -d 'Days for which an address can be reversed, 1 to 1022 [default: 21]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l mac -d 'Form of the hash in new addresses [default: compat, or strong with \'--accept strong\']' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l accept -d 'Forms of the hash that are believed [default: both]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l exclude -d 'Leave addresses of this domain alone; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l local -d 'A domain of this host, whose addresses it may use as they are; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l long -d 'Whether a new local part may have more than 64 octets [default: allow]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l create-secret -d 'Make the secret file if it is not there, with 32 random octets in base64, for its owner alone'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l always -d 'Rewrite addresses of the alias domain, too'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from reverse" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l tcp-forward -d 'Rewrite senders for tcp_table(5), as PostSRSd does on 127.0.0.1:10001' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l tcp-reverse -d 'Give original addresses back for tcp_table(5), as PostSRSd does on 127.0.0.1:10002' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l socketmap -d 'Do both for socketmap_table(5), whose maps are called \'forward\' and \'reverse\'' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l socket-mode -d 'Permissions of Unix sockets, in octal [default: 660]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l connections -d 'Connections at a time, 1 to 65000 [default: 2000]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l idle -d 'Seconds after which a connection is closed that asks nothing, 1 to 86400 [default: 1800]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l domain -d 'Alias domain, in which rewritten addresses are' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l secret-file -d 'File with the secrets of the alias domain, one a line: the first makes hashes, all are tried' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l also -d 'Reverse addresses in this alias domain as well, with secrets of its own; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l hash-length -d 'Letters of the hash in new addresses, 4 to 27 [default: 4]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l hash-min -d 'Letters that a hash must have to be believed [default: 4]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l separator -d 'What follows SRS0 and SRS1 in new addresses: \'=\', \'+\' or \'-\' [default: =]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l max-age -d 'Days for which an address can be reversed, 1 to 1022 [default: 21]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l mac -d 'Form of the hash in new addresses [default: compat, or strong with \'--accept strong\']' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l accept -d 'Forms of the hash that are believed [default: both]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l exclude -d 'Leave addresses of this domain alone; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l local -d 'A domain of this host, whose addresses it may use as they are; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l long -d 'Whether a new local part may have more than 64 octets [default: allow]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l public -d 'Listen on addresses that other hosts can reach, too'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l create-secret -d 'Make the secret file if it is not there, with 32 random octets in base64, for its owner alone'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l always -d 'Rewrite addresses of the alias domain, too'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand srs; and __fish_seen_subcommand_from serve" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -f -a "replay" -d 'Judge messages one after the other, as if they were sent now'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -f -a "explain" -d 'Say what is believed normal for an account'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -f -a "merge" -d 'Make one state of those of several hosts'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -f -a "fit" -d 'Learn from logs what accounts send in general, and print it'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -f -a "status" -d 'List the accounts with alarms, and how much of their mail is held'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -f -a "release" -d 'End the alarm of an account that was stolen and is no more, and print what lets its held mail go'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -f -a "acknowledge" -d 'End the alarm of an account that was legitimate: as much and some more raises none again'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -f -a "allow" -d 'Let an account have so many recipients a day, as [outbound.declared] of the policy does'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and not __fish_seen_subcommand_from replay explain merge fit status release acknowledge allow help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -l format -d 'What the files are' -r -f -a "jsonl\t'JSON lines'
postfix\t'Logs of Postfix'"
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -l state -d 'Go on with what is known of accounts from this file, and write it back at the end' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -l html -d 'Write a page with a chart for the host and one for each account with an alarm' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -l false-alarms -d 'False alarms that are tolerated in a year of an account [default: 0.01, one in a hundred years]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -l prior -d 'What is known of accounts in general, as \'mailrep outbound fit\' writes it [default: built in]' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from replay" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from explain" -l state -d 'What is known, as \'mailrep outbound replay --state\' wrote it' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from explain" -l false-alarms -d 'False alarms that are tolerated in a year of an account [default: 0.01, one in a hundred years]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from explain" -l prior -d 'What is known of accounts in general, as \'mailrep outbound fit\' writes it [default: built in]' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from explain" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from explain" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from explain" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from explain" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from explain" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from explain" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from explain" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from merge" -l out -d 'Where to write it; a file that is there is replaced' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from merge" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from merge" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from merge" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from merge" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from merge" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from merge" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from merge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from fit" -l format -d 'What the files are' -r -f -a "jsonl\t'JSON lines'
postfix\t'Logs of Postfix'"
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from fit" -l without -d 'A counter to leave out, by its code such as new_slots_60s: with this prior it raises no alarm. May be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from fit" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from fit" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from fit" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from fit" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from fit" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from fit" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from fit" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from status" -l socket -d 'The milter\'s control socket, as [control] of its policy names it' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from status" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from status" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from status" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from status" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from status" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from status" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from status" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from release" -l socket -d 'The milter\'s control socket, as [control] of its policy names it' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from release" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from release" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from release" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from release" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from release" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from release" -l requeue -d 'Run these lines'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from release" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from release" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from acknowledge" -l socket -d 'The milter\'s control socket, as [control] of its policy names it' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from acknowledge" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from acknowledge" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from acknowledge" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from acknowledge" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from acknowledge" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from acknowledge" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from acknowledge" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from allow" -l socket -d 'The milter\'s control socket, as [control] of its policy names it' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from allow" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from allow" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from allow" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from allow" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from allow" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from allow" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from allow" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from help" -f -a "replay" -d 'Judge messages one after the other, as if they were sent now'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from help" -f -a "explain" -d 'Say what is believed normal for an account'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from help" -f -a "merge" -d 'Make one state of those of several hosts'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from help" -f -a "fit" -d 'Learn from logs what accounts send in general, and print it'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from help" -f -a "status" -d 'List the accounts with alarms, and how much of their mail is held'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from help" -f -a "release" -d 'End the alarm of an account that was stolen and is no more, and print what lets its held mail go'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from help" -f -a "acknowledge" -d 'End the alarm of an account that was legitimate: as much and some more raises none again'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from help" -f -a "allow" -d 'Let an account have so many recipients a day, as [outbound.declared] of the policy does'
complete -c mailrep -n "__fish_mailrep_using_subcommand outbound; and __fish_seen_subcommand_from help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and not __fish_seen_subcommand_from check run" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and not __fish_seen_subcommand_from check run" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and not __fish_seen_subcommand_from check run" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and not __fish_seen_subcommand_from check run" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and not __fish_seen_subcommand_from check run" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and not __fish_seen_subcommand_from check run" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and not __fish_seen_subcommand_from check run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and not __fish_seen_subcommand_from check run" -f -a "check" -d 'Look whether a policy can be used, and say in words what it will do'
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and not __fish_seen_subcommand_from check run" -f -a "run" -d 'Show what a policy does with one message'
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from check" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from check" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from check" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from check" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from check" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from check" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from check" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l config -d 'The policy' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l ip -d 'Address of the client' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l helo -d 'Name that the client gave with HELO or EHLO' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l mail-from -d 'Envelope sender; \'\' or \'<>\' or nothing is the null reverse-path' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l rcpt -d 'A recipient; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l login -d 'Account that the client has logged in to' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l daemon -d 'Name of the server\'s daemon, Postfix\'s {daemon_name}' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l local -d 'The message is submitted on this host, by this user; \'\' if that is not known' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l queue-id -d 'The server\'s name for the message' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l nameserver -d 'Ask this nameserver instead of the system\'s; may be repeated' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l zone -d 'Answer DNS questions from this zone file, without any network; may be repeated' -r -F
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l dns-timeout -d 'Time that all DNS of the command may take, in seconds [default: 20]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l now -d 'Judge as if it were this time [default: now]' -r
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l color -d 'When to use colour [default: auto, which is on a terminal only]' -r -f -a "auto\t''
always\t''
never\t''"
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -l json -d 'Print one JSON object on a line instead of text'
complete -c mailrep -n "__fish_mailrep_using_subcommand filter; and __fish_seen_subcommand_from run" -s h -l help -d 'Print help (see more with \'--help\')'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and not __fish_seen_subcommand_from check spf dmarc sign keygen srs outbound filter help" -f -a "check" -d 'Check a message: SPF, DKIM, DMARC and the client\'s name'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and not __fish_seen_subcommand_from check spf dmarc sign keygen srs outbound filter help" -f -a "spf" -d 'Check SPF alone: may this client send for this domain?'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and not __fish_seen_subcommand_from check spf dmarc sign keygen srs outbound filter help" -f -a "dmarc" -d 'Evaluate DMARC for given results of SPF and DKIM'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and not __fish_seen_subcommand_from check spf dmarc sign keygen srs outbound filter help" -f -a "sign" -d 'Sign a message with DKIM and print it'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and not __fish_seen_subcommand_from check spf dmarc sign keygen srs outbound filter help" -f -a "keygen" -d 'Make a key for DKIM and print the DNS record to publish'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and not __fish_seen_subcommand_from check spf dmarc sign keygen srs outbound filter help" -f -a "srs" -d 'Rewrite envelope senders of forwarded mail, and bounces back (SRS)'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and not __fish_seen_subcommand_from check spf dmarc sign keygen srs outbound filter help" -f -a "outbound" -d 'Find stolen accounts by the way they send'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and not __fish_seen_subcommand_from check spf dmarc sign keygen srs outbound filter help" -f -a "filter" -d 'Say what to do with messages, by a policy file'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and not __fish_seen_subcommand_from check spf dmarc sign keygen srs outbound filter help" -f -a "help" -d 'Print this message or the help of the given subcommand(s)'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from dmarc" -f -a "report" -d 'Say who sends as us, of the aggregate reports that others sent'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from srs" -f -a "forward" -d 'Rewrite envelope senders for forwarded mail'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from srs" -f -a "reverse" -d 'Give back the addresses that rewritten ones stand for'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from srs" -f -a "serve" -d 'Serve the maps that Postfix asks, in place of PostSRSd'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from outbound" -f -a "replay" -d 'Judge messages one after the other, as if they were sent now'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from outbound" -f -a "explain" -d 'Say what is believed normal for an account'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from outbound" -f -a "merge" -d 'Make one state of those of several hosts'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from outbound" -f -a "fit" -d 'Learn from logs what accounts send in general, and print it'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from outbound" -f -a "status" -d 'List the accounts with alarms, and how much of their mail is held'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from outbound" -f -a "release" -d 'End the alarm of an account that was stolen and is no more, and print what lets its held mail go'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from outbound" -f -a "acknowledge" -d 'End the alarm of an account that was legitimate: as much and some more raises none again'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from outbound" -f -a "allow" -d 'Let an account have so many recipients a day, as [outbound.declared] of the policy does'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from filter" -f -a "check" -d 'Look whether a policy can be used, and say in words what it will do'
complete -c mailrep -n "__fish_mailrep_using_subcommand help; and __fish_seen_subcommand_from filter" -f -a "run" -d 'Show what a policy does with one message'

# Signs and verifies by Mail::DKIM, at the time that the first argument gives: a request a line in, an answer a line out.
#
# In: `sign ALGORITHM HEADER BODY DOMAIN SELECTOR KEY MESSAGE` or `verify RECORD MESSAGE`, with key (PEM), record and message in
# hexadecimal. Out: `signed FIELD` in hexadecimal, `pass`, `fail WHY`, or `refused WHY`.

use strict;
use warnings;

package Records;

# Stands for the DNS: one record, whatever the name.
sub new { return bless {record => $_[1]}, $_[0] }
sub errorstring { return 'NOERROR' }

sub send {
    my ($self, $name) = @_;
    my $reply = Net::DNS::Packet->new($name, 'TXT');
    $reply->push(answer => Net::DNS::RR->new(owner => $name, type => 'TXT', txtdata => [unpack '(a255)*', $self->{record}]));
    return $reply;
}

package main;

my $now;

BEGIN {
    $now = $ARGV[0];
    *CORE::GLOBAL::time = sub { return $now };
}

use Crypt::OpenSSL::RSA;
use Mail::DKIM::DNS;
use Mail::DKIM::PrivateKey;
use Mail::DKIM::Signer;
use Mail::DKIM::Verifier;
use Net::DNS;

$| = 1;

sub sign {
    my ($algorithm, $header, $body, $domain, $selector, $key, $message) = @_;
    my $octets = pack 'H*', $message;
    # By default it takes some fields only; here it takes them all.
    my ($fields) = split /\r\n\r\n/, $octets, 2;
    my @names = $fields =~ /^([^\s:]+)[ \t]*:/mg;
    my $signer = Mail::DKIM::Signer->new(
        Algorithm => $algorithm,
        Method => "$header/$body",
        Domain => $domain,
        Selector => $selector,
        Timestamp => $now,
        Headers => join(':', @names),
        Key => Mail::DKIM::PrivateKey->load(Cork => Crypt::OpenSSL::RSA->new_private_key(pack 'H*', $key)),
    );
    $signer->PRINT($octets);
    $signer->CLOSE;
    return 'signed ' . unpack 'H*', $signer->signature->as_string . "\r\n";
}

sub verify {
    my ($record, $message) = @_;
    Mail::DKIM::DNS::resolver(Records->new(pack 'H*', $record));
    my $verifier = Mail::DKIM::Verifier->new;
    $verifier->PRINT(pack 'H*', $message);
    $verifier->CLOSE;
    return $verifier->result eq 'pass' ? 'pass' : 'fail ' . $verifier->result_detail;
}

while (my $line = <STDIN>) {
    my ($command, @arguments) = split ' ', $line;
    my $answer = eval { $command eq 'sign' ? sign(@arguments) : verify(@arguments) };
    $answer = "refused $@" unless defined $answer;
    $answer =~ s/\s+/ /g;
    print "$answer\n";
}

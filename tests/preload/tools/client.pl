#!/usr/bin/perl
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# client.pl lwp|mojo secure|insecure URL...: as client.py does, with LWP or
# Mojolicious, both on IO::Socket::SSL.

use strict;
use warnings;

my ($library, $mode, @urls) = @ARGV;
my $insecure = $mode eq 'insecure';
$| = 1;

sub lwp {
    require LWP::UserAgent;
    my $agent = LWP::UserAgent->new(
        timeout  => 10,
        ssl_opts => $insecure
        ? { verify_hostname => 0, SSL_verify_mode => 0 }
        : { verify_hostname => 1 }
    );
    return sub {
        my $response = $agent->get(shift);
        return $response->is_success
          ? (1, $response->content)
          : (0, $response->status_line . ' ' . $response->content);
    };
}

sub mojo {
    require Mojo::UserAgent;
    my $agent = Mojo::UserAgent->new(request_timeout => 10);
    $agent->insecure($insecure);
    $agent->max_connections(0);
    return sub {
        my $transaction = $agent->get(shift);
        my $error       = $transaction->error;
        return $error
          ? (0, $error->{message})
          : (1, $transaction->res->body);
    };
}

my $get = $library eq 'mojo' ? mojo() : lwp();
for my $url (@urls) {
    my ($ok, $text) = $get->($url);
    $text =~ s/\s+/ /g;
    print $ok ? 'ok ' : 'failed ', $text, "\n";
}

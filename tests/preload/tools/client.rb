#!/usr/bin/ruby
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# client.rb secure|insecure URL...: as client.py does, with net/http.

require 'net/http'
require 'openssl'

$stdout.sync = true
insecure = ARGV.shift == 'insecure'
ARGV.each do |url|
  uri = URI(url)
  http = Net::HTTP.new(uri.host, uri.port)
  http.use_ssl = true
  http.open_timeout = http.read_timeout = 10
  http.verify_mode = OpenSSL::SSL::VERIFY_NONE if insecure
  puts "ok #{http.get(uri.request_uri).body.split.join(' ')}"
rescue StandardError => e
  puts "failed #{e.class} #{e.message.split.join(' ')}"
end

using Akka.Configuration;
using Akka.Mqtt.Cli.Mosquitto;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Tests;

public sealed class MosquittoConfSpec : IDisposable
{
    private readonly TempFolder _folder = new();

    public MosquittoConfSpec()
    {
        foreach (var file in new[] { "users", "acl", "cert.pem", "key.pem", "ca.pem", "crl.pem" })
            File.WriteAllText(_folder[file], "");
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void An_empty_file_serves_this_machine_anonymously()
    {
        var (settings, warnings) = Read("");
        var listener = Assert.Single(settings.Listeners);
        Assert.Equal("127.0.0.1:1883", $"{listener.Address}");
        Assert.Equal(AnonymousAccess.On, listener.Security.AllowAnonymous);
        Assert.Empty(warnings);
    }

    [Fact]
    public void The_usual_server_with_users_and_limits_is_the_same_here()
    {
        var (settings, warnings) = Read($"""
            # /etc/mosquitto/mosquitto.conf
            pid_file /run/mosquitto/mosquitto.pid
            persistence true
            persistence_location /var/lib/mosquitto/
            log_dest file /var/log/mosquitto/mosquitto.log

            listener 1883
            allow_anonymous false
            password_file {_folder["users"]}
            acl_file {_folder["acl"]}

            max_inflight_messages 40
            max_queued_messages 0
            max_queued_bytes 1048576
            message_size_limit 100000
            persistent_client_expiration 2d
            connection_messages true
            """);
        var listener = Assert.Single(settings.Listeners);
        Assert.Equal("0.0.0.0:1883", $"{listener.Address}");
        Assert.Equal(AnonymousAccess.Off, listener.Security.AllowAnonymous);
        Assert.Equal((_folder["users"], _folder["acl"]), (listener.Security.PasswordFile, listener.Security.AclFile));
        Assert.Equal((40, 40, 10_000_000, 1048576L), (settings.ReceiveMaximum, settings.MaxInflightMessages, settings.MaxQueuedMessages, settings.MaxQueuedBytes));
        Assert.Equal((100_000, TimeSpan.FromDays(2)), (settings.Limits.MaxPayloadSize, settings.MaxSessionExpiry));
        Assert.True(settings.Connection.MaxPacketSize > 100_000 + ushort.MaxValue); // room for any topic
        Assert.Equal([":2: pid_file:", ":3: persistence:", ":4: persistence_location:", ":5: log_dest:"], warnings.Select(OfLine));
    }

    [Fact]
    public void Listeners_have_their_own_rules_when_they_are_to()
    {
        var (settings, warnings) = Read($"""
            per_listener_settings true

            listener 1883 127.0.0.1
            allow_anonymous true

            listener 8883
            certfile {_folder["cert.pem"]}
            keyfile {_folder["key.pem"]}
            cafile {_folder["ca.pem"]}
            crlfile {_folder["crl.pem"]}
            require_certificate true
            use_identity_as_username true
            tls_version tlsv1.3
            acl_file {_folder["acl"]}

            listener 9001
            protocol websockets
            password_file {_folder["users"]}

            listener 0 /tmp/mosquitto.sock
            allow_anonymous true
            """);
        Assert.Empty(warnings);
        Assert.Equal(
            [MqttTransport.Tcp, MqttTransport.Tls, MqttTransport.WebSocket, MqttTransport.UnixSocket], settings.Listeners.Select(each => each.Transport));
        Assert.Equal(
            [AnonymousAccess.On, AnonymousAccess.Off, AnonymousAccess.Off, AnonymousAccess.On],
            settings.Listeners.Select(each => each.Security.AllowAnonymous!.Value));
        var tls = settings.Listeners[1];
        Assert.Equal((CertificateIdentity.CommonName, true, "1.3"), (tls.Security.UseIdentityAsUserName, tls.RequireCertificate, tls.MinTlsVersion));
        Assert.Equal((_folder["ca.pem"], _folder["crl.pem"]), (tls.ClientAuthorityFile, tls.Security.RevocationFile));
        Assert.Equal((null, _folder["acl"]), (settings.Listeners[0].Security.AclFile, tls.Security.AclFile));
        Assert.Equal(_folder["users"], settings.Listeners[2].Security.PasswordFile);
    }

    [Fact]
    public void Without_per_listener_settings_users_and_rules_are_of_all_wherever_they_stand()
    {
        var (settings, _) = Read($"""
            listener 1883
            listener 1884
            allow_anonymous true
            password_file {_folder["users"]}
            """);
        Assert.All(settings.Listeners, each => Assert.Equal((AnonymousAccess.On, _folder["users"]), (each.Security.AllowAnonymous, each.Security.PasswordFile)));
    }

    [Fact]
    public void A_certificate_authority_without_require_certificate_asks_nobody_for_a_certificate()
    {
        var (settings, _) = Read($"""
            port 8883
            cafile {_folder["ca.pem"]}
            certfile {_folder["cert.pem"]}
            keyfile {_folder["key.pem"]}
            """);
        Assert.Null(Assert.Single(settings.Listeners).ClientAuthorityFile);
    }

    [Fact]
    public void The_file_of_Debian_is_taken_with_what_its_folder_adds()
    {
        Directory.CreateDirectory(_folder["conf.d"]);
        File.WriteAllText(Path.Combine(_folder["conf.d"], "README"), "nonsense\n");
        File.WriteAllText(Path.Combine(_folder["conf.d"], "local.conf"), $"listener 1883\r\nallow_anonymous false\r\npassword_file {_folder["users"]}\r\n");
        var (settings, warnings) = Read($"""
            # Place your local configuration in /etc/mosquitto/conf.d/
            #
            # A full description of the configuration file is at
            # /usr/share/doc/mosquitto/examples/mosquitto.conf.example

            #pid_file /run/mosquitto/mosquitto.pid

            persistence true
            persistence_location /var/lib/mosquitto/

            log_dest file /var/log/mosquitto/mosquitto.log

            include_dir {_folder["conf.d"]}
            """);
        var listener = Assert.Single(settings.Listeners);
        Assert.Equal((AnonymousAccess.Off, _folder["users"]), (listener.Security.AllowAnonymous, listener.Security.PasswordFile));
        Assert.Equal([":8: persistence:", ":9: persistence_location:", ":11: log_dest:"], warnings.Select(OfLine));
    }

    [Fact]
    public void Every_option_with_a_key_of_ours_is_that_key()
    {
        var (settings, warnings) = Read("""
            listener 1883
            max_connections 500
            max_qos 1
            max_topic_alias 7
            mount_point tenant/
            auto_id_prefix mine-
            allow_zero_length_clientid true
            check_retain_source false
            max_inflight_bytes 2000
            max_inflight_messages 0
            max_keepalive 100
            max_packet_size 5000
            message_size_limit 4000
            max_queued_bytes 0
            max_queued_messages 50
            memory_limit 1073741824
            persistent_client_expiration 2m
            queue_qos0_messages true
            retain_available false
            sys_interval 0
            upgrade_outgoing_qos true
            """);
        Assert.Empty(warnings);
        var features = settings.Features;
        var limits = settings.Limits;
        Assert.Equal((500, QualityOfService.AtLeastOnce, 7), (settings.MaxConnections, features.MaximumQoS, settings.TopicAliasMaximum));
        Assert.Equal("tenant/", Assert.Single(settings.Listeners).MountPoint);
        Assert.Equal(("mine-", true, false), (features.AssignedClientIdPrefix, features.AllowEmptyClientId, features.CheckRetainSource));
        Assert.Equal((2000L, 65535, 65535), (limits.MaxInflightBytes, settings.MaxInflightMessages, settings.ReceiveMaximum));
        Assert.Equal((TimeSpan.FromSeconds(100), 5000, 4000), (limits.MaxKeepAlive, settings.Connection.MaxPacketSize, limits.MaxPayloadSize));
        Assert.Equal((1L << 40, 50), (settings.MaxQueuedBytes, settings.MaxQueuedMessages));
        Assert.Equal((1L << 30, TimeSpan.FromDays(60)), (limits.MemoryLimit, settings.MaxSessionExpiry));
        Assert.Equal((true, false, true), (features.QueueQoS0Messages, features.RetainAvailable, features.UpgradeOutgoingQoS));
        Assert.Null(settings.SysInterval);
    }

    [Fact]
    public void What_is_not_said_is_as_in_mosquitto()
    {
        var (settings, warnings) = Read("listener 1883\nmax_inflight_bytes 0\nmemory_limit 0\nmax_keepalive 0\n");
        Assert.Empty(warnings);
        Assert.Null(settings.MaxSessionExpiry);
        Assert.False(settings.Features.CheckRetainSource);
        Assert.False(settings.Features.AllowControlCharacters);
        Assert.Equal((1L << 40, long.MaxValue), (settings.Limits.MaxInflightBytes, settings.Limits.MemoryLimit));
        Assert.Null(settings.Limits.MaxKeepAlive);
        Assert.Null(settings.Limits.MaxPayloadSize);
    }

    [Theory]
    [InlineData("max_connections 10", "max_connections 20", 30, ":2: max_connections:")]
    [InlineData("max_connections 10", "max_connections -1", 1_000_000, ":2: max_connections:")]
    [InlineData("max_connections 10", "", 1_000_000, ":2: max_connections:")]
    [InlineData("max_connections 20", "max_connections 20", 40, ":2: max_connections:")]
    [InlineData("max_connections -1", "max_connections -1", 1_000_000, null)]
    public void Connections_of_listeners_are_one_limit_that_refuses_nobody_who_was_let_in(string one, string two, int most, string? warning)
    {
        var (settings, warnings) = Read($"listener 1883\n{one}\nlistener 1884\n{two}\n");
        Assert.Equal(most, settings.MaxConnections);
        Assert.Equal(warning is null ? [] : [warning], warnings.Select(OfLine));
    }

    [Theory]
    [InlineData("max_qos 1", "maximum_qos 1", 1, false)]
    [InlineData("max_qos 0", "max_qos 1", 1, true)]
    [InlineData("max_qos 1", "", 2, true)]
    public void QoS_of_listeners_is_the_highest(string one, string two, int most, bool warned)
    {
        var (settings, warnings) = Read($"listener 1883\n{one}\nlistener 1884\n{two}\n");
        Assert.Equal((QualityOfService)most, settings.Features.MaximumQoS);
        Assert.Equal(warned ? [":2: max_qos:"] : [], warnings.Select(OfLine));
    }

    [Theory]
    [InlineData("listener 1883\nsocket_domain ipv4", "0.0.0.0:1883")]
    [InlineData("listener 1883\nsocket_domain ipv6", "[::]:1883")]
    [InlineData("listener 1883 localhost\nsocket_domain ipv6", "[::1]:1883")]
    [InlineData("listener 1883 ::1", "[::1]:1883")]
    [InlineData("listener 1883\nbind_interface lo\nsocket_domain ipv4", "127.0.0.1:1883")]
    [InlineData("port 1884\nbind_address 127.0.0.1", "127.0.0.1:1884")]
    public void Addresses_are_those_that_are_named(string text, string address)
    {
        if (OperatingSystem.IsLinux() || !text.Contains("bind_interface", StringComparison.Ordinal))
            Assert.Equal(address, $"{Assert.Single(Read(text).Settings.Listeners).Address}");
    }

    [Theory]
    [InlineData("", "127.0.0.1:1883", "[::1]:1883")]
    [InlineData("listener 1884", "0.0.0.0:1884", "[::]:1884")]
    [InlineData("port 1884", "0.0.0.0:1884", "[::]:1884")]
    [InlineData("listener 1884 localhost", "127.0.0.1:1884", "[::1]:1884")]
    [InlineData("listener 1884 127.0.0.1", "127.0.0.1:1884", null)]
    [InlineData("listener 1884 0.0.0.0", "0.0.0.0:1884", null)]
    [InlineData("listener 1884 ::", "[::]:1884", null)]
    [InlineData("listener 1884\nsocket_domain ipv6", "[::]:1884", null)]
    [InlineData("listener 1884\nsocket_domain ipv4", "0.0.0.0:1884", null)]
    public void Without_an_address_both_protocols_are_listened_to(string text, string address, string? second)
    {
        var listener = Assert.Single(Read(text).Settings.Listeners);
        Assert.Equal((address, second), ($"{listener.Address}", listener.SecondAddress?.ToString()));
    }

    [Theory]
    [InlineData("use_identity_as_username")]
    [InlineData("use_subject_as_username")]
    public void A_certificate_as_user_name_that_nobody_is_asked_for_lets_nobody_in(string option)
    {
        var (settings, warnings) = Read($"""
            listener 8883
            allow_anonymous true
            password_file {_folder["users"]}
            certfile {_folder["cert.pem"]}
            keyfile {_folder["key.pem"]}
            cafile {_folder["ca.pem"]}
            {option} true
            """);
        var security = Assert.Single(settings.Listeners).Security;
        Assert.Equal((AnonymousAccess.Off, null, CertificateIdentity.Off), (security.AllowAnonymous, security.PasswordFile, security.UseIdentityAsUserName));
        Assert.Equal([$":7: {option}:"], warnings.Select(OfLine));
    }

    [Fact]
    public void A_certificate_as_user_name_without_TLS_has_no_effect()
    {
        var (settings, warnings) = Read("listener 1883\nallow_anonymous true\nuse_identity_as_username true\n");
        var security = Assert.Single(settings.Listeners).Security;
        Assert.Equal((AnonymousAccess.On, CertificateIdentity.Off), (security.AllowAnonymous, security.UseIdentityAsUserName));
        Assert.Equal([":3: use_identity_as_username:"], warnings.Select(OfLine));
    }

    [Fact]
    public void Client_identifiers_are_restricted_as_there()
    {
        var (settings, warnings) = Read("clientid_prefixes x-\nlistener 1883\nuse_username_as_clientid true\nlistener 1884\n");
        Assert.Empty(warnings);
        Assert.All(settings.Listeners, each => Assert.Equal(["x-"], each.Security.ClientIdPrefixes));
        Assert.Equal([true, false], settings.Listeners.Select(each => each.Security.UseUserNameAsClientId));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Rules_are_taken_as_mosquitto_takes_them(bool perListener)
    {
        var (settings, _) = Read($"per_listener_settings {(perListener ? "true" : "false")}\nlistener 1883\nacl_file {_folder["acl"]}\n");
        Assert.Equal(AclMode.Mosquitto, Assert.Single(settings.Listeners).Security.AclMode);
    }

    [Fact]
    public void A_small_memory_limit_leaves_room_for_the_runtime()
    {
        var (settings, warnings) = Read("memory_limit 10000000\n");
        Assert.Equal(256L << 20, settings.Limits.MemoryLimit);
        Assert.Equal([":1: memory_limit:"], warnings.Select(OfLine));
    }

    [Fact]
    public void An_option_of_many_lines_has_one_warning_and_what_is_off_none()
    {
        var (_, warnings) = Read("log_type error\nlog_type warning\nlog_dest stderr\npersistence false\nallow_duplicate_messages true\nenable_proxy_protocol false\nuse_username_as_clientid 0\n");
        Assert.Equal([":1: log_type:"], warnings.Select(OfLine));
    }

    [Fact]
    public void After_a_bridge_comes_what_follows_it()
    {
        var (settings, warnings) = Read("""
            connection one
            address a.example
            topic # in
            connection two
            address b.example
            bridge_cafile /no/such/file
            listener 1884
            max_queued_messages 7
            """);
        Assert.Equal((":1: connection:", ":4: connection:", 2), (OfLine(warnings[0]), OfLine(warnings[1]), warnings.Count));
        Assert.Equal(("0.0.0.0:1884", 7), ($"{Assert.Single(settings.Listeners).Address}", settings.MaxQueuedMessages));
    }

    [Fact]
    public void Included_files_are_in_the_order_of_mosquitto()
    {
        Directory.CreateDirectory(_folder["conf.d"]);
        foreach (var name in (string[])["b", "A", "01", "a", "B", "00"])
            File.WriteAllText(Path.Combine(_folder["conf.d"], $"{name}.conf"), $"connection {name}\n");
        var (_, warnings) = Read($"include_dir {_folder["conf.d"]}");
        Assert.Equal(["00", "01", "A", "a", "B", "b"], warnings.Select(each => Path.GetFileNameWithoutExtension(each.Split(':')[0])));
    }

    [Fact]
    public void A_bridge_is_one_warning()
    {
        var (_, warnings) = Read("""
            listener 1883
            connection cloud
            address example.com:8883
            topic # both 0
            remote_username u
            remote_password p
            """);
        Assert.Equal([":2: connection:"], warnings.Select(OfLine));
    }

    [Fact]
    public void Included_files_are_read_in_order_and_named_in_warnings()
    {
        var folder = Directory.CreateDirectory(_folder["conf.d"]);
        File.WriteAllText(Path.Combine(folder.FullName, "b.conf"), "\npid_file x\n");
        File.WriteAllText(Path.Combine(folder.FullName, "a.conf"), "listener 1999\n");
        File.WriteAllText(Path.Combine(folder.FullName, "c.txt"), "nonsense\n");
        var (settings, warnings) = Read($"include_dir {folder.FullName}");
        Assert.EndsWith(":1999", $"{Assert.Single(settings.Listeners).Address}", StringComparison.Ordinal);
        Assert.Contains("b.conf:2: pid_file", Assert.Single(warnings), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("plugin /usr/lib/mosquitto_dynamic_security.so", ":1: plugin:")]
    [InlineData("auth_plugin /x.so", ":1: auth_plugin:")]
    [InlineData("listener 1883\nauth_opt_x 1", ":2: auth_opt_x:")]
    [InlineData("password_file $/users\nlistener 1883\npassword_file $/users", ":3: password_file: it is there twice")]
    [InlineData("listener 8883\ncertfile $/cert.pem\ncertfile $/cert.pem", ":3: certfile: it is there twice")]
    [InlineData("password_file /no/such/file", ":1: password_file:")]
    [InlineData("acl_file /no/such/file", ":1: acl_file:")]
    [InlineData("allow_anonymous perhaps", ":1: allow_anonymous:")]
    [InlineData("\nmax_queued_messages many", ":2: max_queued_messages:")]
    [InlineData("listener 99999", ":1: listener:")]
    [InlineData("listener 1883\nprotocol smoke", ":2: protocol:")]
    [InlineData("listener 8883\ncertfile $cert.pem", ":2: certfile:")]
    [InlineData("listener 8883\nrequire_certificate true", ":1: listener:")]
    [InlineData("listener 8883\ntls_version sslv3", ":2: tls_version:")]
    [InlineData("persistent_client_expiration 2x", ":1: persistent_client_expiration:")]
    [InlineData("no_such_option 1", ":1: no_such_option:")]
    [InlineData("include_dir /no/such/folder", ":1: include_dir:")]
    [InlineData("psk_file x", ":1: psk_file:")]
    [InlineData("listener 1883\nbind_interface nosuch0", ":2: bind_interface:")]
    [InlineData("listener 1883 127.0.0.1\nsocket_domain ipv6", ":2: socket_domain:")]
    [InlineData("listener 1883\nsocket_domain ipv5", ":2: socket_domain:")]
    [InlineData("max_packet_size 10", ":1: max_packet_size:")]
    [InlineData("max_qos 3", ":1: max_qos:")]
    [InlineData("listener 1883\ncapath /etc/ssl/certs", ":2: capath:")]
    public void What_is_wrong_or_would_be_less_safe_is_an_error_with_its_line(string text, string named)
    {
        var error = Assert.Throws<CommandFailure>(() => Read(text.Replace("$", _folder[""], StringComparison.Ordinal)));
        Assert.Contains(named, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Serve_starts_from_it_and_says_what_it_leaves_out()
    {
        await File.WriteAllTextAsync(_folder["m.conf"], "listener 0 127.0.0.1\nlistener 0 127.0.0.1\nprotocol websockets\npid_file x\n");
        await using var serve = await ServeProcess.StartAsync("--mosquitto-conf", _folder["m.conf"]);
        Assert.Equal(["mqtt", "ws"], serve.Addresses.Select(each => each.Scheme));
        Assert.Equal("/", serve.Addresses[1].AbsolutePath);
        await serve.SignalAsync("TERM");
        var (exitCode, _, errors) = await serve.ExitAsync();
        Assert.Equal(0, exitCode);
        Assert.Equal($"akka-mqtt: {_folder["m.conf"]}:4: pid_file: no file is written\n", errors);
    }

    [Fact]
    public async Task A_broken_password_file_ends_serve_with_2_and_names_file_and_line()
    {
        await File.WriteAllTextAsync(_folder["users"], "# users\nalice\n");
        await File.WriteAllTextAsync(_folder["m.conf"], $"listener 0 127.0.0.1\npassword_file {_folder["users"]}\n");
        var (exitCode, _, errors) = await ServeProcess.RunAsync("serve", "--mosquitto-conf", _folder["m.conf"]);
        Assert.Equal(2, exitCode);
        Assert.Contains($"password-file: {_folder["users"]}:2:", errors, StringComparison.Ordinal);
        Assert.Equal(1, errors.Count(each => each == '\n'));
    }

    private (MqttServerSettings Settings, IReadOnlyList<string> Warnings) Read(string text)
    {
        File.WriteAllText(_folder["m.conf"], text);
        var (hocon, warnings) = MosquittoConfig.Read(_folder["m.conf"]);
        return (MqttServerSettings.Create(ConfigurationFactory.ParseString(hocon)), warnings);
    }

    private string OfLine(string warning)
    {
        var rest = warning[_folder["m.conf"].Length..];
        return rest[..(rest.IndexOf(": ", StringComparison.Ordinal) + 1)] + rest[(rest.IndexOf(": ", StringComparison.Ordinal) + 1)..].Split(':')[0] + ":";
    }
}

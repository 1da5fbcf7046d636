using Akka.Configuration;
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
        Assert.Equal((40, 10_000_000, 1048576L), (settings.MaxInflightMessages, settings.MaxQueuedMessages, settings.MaxQueuedBytes));
        Assert.Equal((100_000, TimeSpan.FromDays(2)), (settings.Connection.MaxPacketSize, settings.MaxSessionExpiry));
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
    [InlineData("listener 1883\nuse_username_as_clientid true", ":2: use_username_as_clientid:")]
    [InlineData("clientid_prefixes x-", ":1: clientid_prefixes:")]
    [InlineData("password_file /no/such/file", ":1: password_file:")]
    [InlineData("acl_file /no/such/file", ":1: acl_file:")]
    [InlineData("allow_anonymous perhaps", ":1: allow_anonymous:")]
    [InlineData("\nmax_queued_messages many", ":2: max_queued_messages:")]
    [InlineData("listener 99999", ":1: listener:")]
    [InlineData("listener 1883\nprotocol smoke", ":2: protocol:")]
    [InlineData("listener 8883\ncertfile $cert.pem", ":2: certfile:")]
    [InlineData("listener 8883\nrequire_certificate true", ":1: listener:")]
    [InlineData("listener 8883\nuse_identity_as_username true", ":2: use_identity_as_username:")]
    [InlineData("listener 8883\ntls_version sslv3", ":2: tls_version:")]
    [InlineData("persistent_client_expiration 2x", ":1: persistent_client_expiration:")]
    [InlineData("no_such_option 1", ":1: no_such_option:")]
    [InlineData("include_dir /no/such/folder", ":1: include_dir:")]
    [InlineData("psk_file x", ":1: psk_file:")]
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

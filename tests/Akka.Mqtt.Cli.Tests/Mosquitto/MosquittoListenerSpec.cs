using Akka.Mqtt.Protocol;
using Akka.Mqtt.Server;

namespace Akka.Mqtt.Cli.Tests.Mosquitto;

/// <summary>Listeners of a file of mosquitto: their addresses, users, certificates.</summary>
public sealed class MosquittoListenerSpec : MosquittoSpec
{
    [Fact]
    public void Listeners_have_their_own_rules_when_they_are_to()
    {
        var (settings, warnings) = Read($"""
            per_listener_settings true

            listener 1883 127.0.0.1
            allow_anonymous true

            listener 8883
            certfile {Folder["cert.pem"]}
            keyfile {Folder["key.pem"]}
            cafile {Folder["ca.pem"]}
            crlfile {Folder["crl.pem"]}
            require_certificate true
            use_identity_as_username true
            tls_version tlsv1.3
            acl_file {Folder["acl"]}

            listener 9001
            protocol websockets
            password_file {Folder["users"]}

            listener 0 {Folder["mosquitto.sock"]}
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
        Assert.Equal((Folder["ca.pem"], Folder["crl.pem"]), (tls.ClientAuthorityFile, tls.Security.RevocationFile));
        Assert.Equal((null, Folder["acl"]), (settings.Listeners[0].Security.AclFile, tls.Security.AclFile));
        Assert.Equal(Folder["users"], settings.Listeners[2].Security.PasswordFile);
    }

    [Fact]
    public void Without_per_listener_settings_users_and_rules_are_of_all_wherever_they_stand()
    {
        var (settings, _) = Read($"""
            listener 1883
            listener 1884
            allow_anonymous true
            password_file {Folder["users"]}
            """);
        Assert.All(settings.Listeners, each => Assert.Equal((AnonymousAccess.On, Folder["users"]), (each.Security.AllowAnonymous, each.Security.PasswordFile)));
    }

    [Fact]
    public void A_certificate_authority_without_require_certificate_asks_nobody_for_a_certificate()
    {
        var (settings, _) = Read($"""
            port 8883
            cafile {Folder["ca.pem"]}
            certfile {Folder["cert.pem"]}
            keyfile {Folder["key.pem"]}
            """);
        Assert.Null(Assert.Single(settings.Listeners).ClientAuthorityFile);
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
            password_file {Folder["users"]}
            certfile {Folder["cert.pem"]}
            keyfile {Folder["key.pem"]}
            cafile {Folder["ca.pem"]}
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
        var (settings, _) = Read($"per_listener_settings {(perListener ? "true" : "false")}\nlistener 1883\nacl_file {Folder["acl"]}\n");
        Assert.Equal(AclMode.Mosquitto, Assert.Single(settings.Listeners).Security.AclMode);
    }
}

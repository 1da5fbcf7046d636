using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Akka.Configuration;
using Akka.Mqtt.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Akka.Mqtt.Hosting.Tests;

/// <summary>What becomes of the keys and values of <c>IConfiguration</c>.</summary>
public sealed class ConfigurationSpec
{
    [Theory]
    [InlineData("Mqtt:Server:MaxConections", "1", "Mqtt:Server:MaxConections is not a setting. Did you mean max-connections?")]
    [InlineData("Mqtt:Server:Logins:frobnicate", "1", "Mqtt:Server:Logins:frobnicate is not a setting.")]
    [InlineData("Mqtt:Server:Listeners:web:transprot", "ws", "Mqtt:Server:Listeners:web:transprot is not a setting. Did you mean transport?")]
    [InlineData("Mqtt:Server:Bridges:far:client:keepalve", "1", "Mqtt:Server:Bridges:far:client:keepalve is not a setting. Did you mean keep-alive?")]
    [InlineData("Mqtt:Server:Bridges:far:outgoing", "1", "Mqtt:Server:Bridges:far:outgoing is not a setting.")]
    [InlineData("Mqtt:Server:Listeners:a b:port", "1", "Mqtt:Server:Listeners:a b: the name may have letters, digits, - and _ only.")]
    [InlineData("Mqtt:Server:Logins", "1", "Mqtt:Server:Logins is a section, not a value.")]
    [InlineData("Mqtt:Server:MaxConnections:x", "1", "Mqtt:Server:MaxConnections is a value, not a section.")]
    [InlineData("Mqtt:Server:MaxConnections", "0", "Mqtt:Server:MaxConnections: max-connections = 0 is out of range")]
    [InlineData("Mqtt:Server:Listeners:tcp:Port", "66000", "Mqtt:Server:Listeners:tcp:Port: listeners.tcp.port = 66000")]
    [InlineData("Mqtt:Server:Listeners:tcp:allow-anonymous", "perhaps", "Mqtt:Server:Listeners:tcp:allow-anonymous: listeners.tcp.allow-anonymous = perhaps")]
    [InlineData("Mqtt:Server:Connection:MaxPacketSize", "x\"}", "Mqtt:Server:Connection:MaxPacketSize: ")]
    public async Task A_wrong_key_or_value_stops_the_start_and_is_named_as_the_configuration_has_it(string key, string value, string said)
    {
        using var host = TestHost.Create((key, value));
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => host.StartAsync());
        Assert.StartsWith(said, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_unknown_keys_are_named_at_once()
    {
        using var host = TestHost.Create(("Mqtt:Server:x", "1"), ("Mqtt:Server:y", "1"));
        var error = await Assert.ThrowsAsync<ConfigurationException>(() => host.StartAsync());
        Assert.Equal("Mqtt:Server:x is not a setting.\nMqtt:Server:y is not a setting.", error.Message);
    }

    [Fact]
    public async Task Words_of_JSON_lists_and_sections_are_read()
    {
        using var host = TestHost.Create(
            ("Mqtt:Server:SessionsByUser", "True"),
            ("Mqtt:Server:MaxSessionExpiry", "2 h"),
            ("Mqtt:Server:Bridges:far:Client:Servers:0", "memory://nowhere"),
            ("Mqtt:Server:Bridges:far:Client:KeepAlive", "7 s"),
            ("Mqtt:Server:Bridges:far:topics:0:filter", "a/#"),
            ("Mqtt:Server:Listeners:web:Transport", "ws"),
            ("Mqtt:Server:Listeners:web:AllowedOrigins:0", "https://a.example"),
            ("Mqtt:Server:Listeners:web:AllowedOrigins:1", "https://b.example"));
        await host.StartAsync();
        var settings = host.Services.GetRequiredService<MqttServer>().Settings;
        Assert.True(settings.SessionsByUser);
        Assert.Equal(TimeSpan.FromHours(2), settings.MaxSessionExpiry);
        Assert.Equal((7, "a/#"), (settings.Bridges.Single().Client.KeepAlive.TotalSeconds, settings.Bridges.Single().Topics.Single().Filter));
        Assert.Equal(["https://a.example", "https://b.example"], settings.Listeners.Single(each => each.Name == "web").AllowedOrigins);
        await host.StopAsync();
    }

    [Fact]
    public async Task Certificate_and_key_may_be_the_text_itself_which_only_this_user_can_read()
    {
        using var pair = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var certificate = new CertificateRequest("CN=localhost", pair, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var host = TestHost.Create(
            ("Mqtt:Server:Listeners:tls:Transport", "tls"),
            ("Mqtt:Server:Listeners:tls:Port", "0"),
            ("Mqtt:Server:Listeners:tls:CertFile", certificate.ExportCertificatePem()),
            ("Mqtt:Server:Listeners:tls:KeyFile", pair.ExportPkcs8PrivateKeyPem().ReplaceLineEndings("\r\n")));
        await host.StartAsync();
        var server = host.Services.GetRequiredService<MqttServer>();
        Assert.Contains(server.Endpoints, each => each.ToString().StartsWith("mqtts://", StringComparison.Ordinal));
        var file = server.Settings.Listeners.Single(each => each.Name == "tls").KeyFile!;
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        await host.StopAsync();
    }
}

using System.CommandLine;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>The connection options of <c>akka-mqtt bench</c>. Every mode has them.</summary>
internal sealed class BenchConnectionArguments
{
    private readonly Option<string> _protocol = BenchArguments.OneOf("--protocol", "3.1.1", "Connect with this version of MQTT.", "3.1", "3.1.1", "5");

    public Option<bool> Tls { get; } = new("--tls") { Description = "Use TLS even if the URL begins with mqtt://. For WebSocket use wss://." };

    public Option<string?> Authority { get; } = new("--ca") { HelpName = "file", Description = "Trust the authorities in this PEM file. Default: trust those of the operating system." };

    public Option<bool> Insecure { get; } = new("--insecure") { Description = "DANGEROUS: accept any certificate of the server. For experiments only." };

    public Option<string?> User { get; } = new("--user") { HelpName = "name", Description = "Log in with this user name." };

    public Option<string?> Password { get; } = new("--password") { HelpName = "password", Description = "Log in with this password. Others can see it in the list of processes." };

    public IEnumerable<Option> All => [_protocol, Tls, Authority, Insecure, User, Password];

    public MqttVersion Version(ParseResult parsed) => parsed.GetValue(_protocol) switch
    {
        "3.1" => MqttVersion.V31,
        "5" => MqttVersion.V5,
        _ => MqttVersion.V311,
    };
}

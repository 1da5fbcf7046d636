using System.Net;
using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Cli.Bench;

/// <summary>The server under load: its address and the CONNECT packet. Immutable.</summary>
internal sealed class LoadTarget
{
    /// <summary>The number of connections for which one address has ports, with a margin.</summary>
    private const int ConnectionsPerAddress = 20_000;

    private readonly BenchOptions _options;
    private readonly Mqtt.Connect _dial;

    /// <exception cref="CommandFailure">The file of authorities cannot be read.</exception>
    public LoadTarget(BenchOptions options, ActorSystem system)
    {
        _options = options;
        _dial = new Mqtt.Connect(options.Url)
        {
            // The window limits the bytes to be written, so the queue need not.
            Settings = MqttConnectionSettings.Create(system) with { MaxQueuedWriteBytes = (int)BenchOptions.MostWindowBytes, MaxPacketSize = MqttDecoder.LargestPacketSize },
        };
        if (!options.IsTls)
            return;
        try
        {
            _dial = _dial with { Tls = TlsClientSettings.FromPemFiles(options.Authority) with { DangerousAcceptAnyCertificate = options.Insecure } };
        }
        catch (ArgumentException error)
        {
            throw new CommandFailure(error.Message);
        }
    }

    /// <summary>The command that dials. On loopback, many connections use several local addresses, because one has not enough ports.</summary>
    public Mqtt.Connect Dial(int number) => number >= ConnectionsPerAddress && _dial.RemoteAddress is IPEndPoint { Address: var to } && to.Equals(IPAddress.Loopback)
        ? _dial with { LocalAddress = new IPEndPoint(new IPAddress([127, 0, 0, (byte)(1 + (number / ConnectionsPerAddress))]), 0) }
        : _dial;

    /// <summary>The CONNECT packet. Keep Alive is off, because a subscriber sends nothing.</summary>
    public Connect Hello(string clientId) => new()
    {
        Version = _options.Protocol,
        ClientId = clientId,
        KeepAlive = 0,
        UserName = _options.User,
        Password = _options.Password is { } password ? MqttBinary.FromText(password) : default(MqttBinary?),
    };
}

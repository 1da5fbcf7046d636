using System.Net;
using Akka.Actor;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;

namespace ProtocolProxy;

/// <summary>What the proxy does besides forwarding.</summary>
/// <param name="Target">Where clients are joined to.</param>
/// <param name="Hex">Whether to show the bytes of each packet.</param>
internal sealed record ProxyOptions(EndPoint Target, bool Hex);

/// <summary>Listens, and starts a <see cref="ProxySession"/> for each client.</summary>
internal sealed class ProxyListener : ReceiveActor
{
    private int _sessions;

    public ProxyListener(IPEndPoint listen, ProxyOptions options, TaskCompletionSource<IPEndPoint> bound)
    {
        Receive<Mqtt.Bound>(listening => bound.TrySetResult((IPEndPoint)listening.LocalAddress));
        Receive<Mqtt.CommandFailed>(failed => bound.TrySetException(new IOException(failed.Message)));
        Receive<Mqtt.Connected>(client =>
        {
            var number = ++_sessions;
            Context.ActorOf(Props.Create(() => new ProxySession(number, client, options)), $"session-{number}");
        });
        Context.System.Mqtt().Tell(new Mqtt.Bind(Self, listen));
    }
}

/// <summary>
/// Joins one client to the target. Each side is pulled: it delivers a packet more only when one of its packets has gone to the transport of
/// the other side, so that a slow side slows the fast one down and nothing piles up here.
/// </summary>
internal sealed class ProxySession : ReceiveActor
{
    /// <summary>Packets of one direction that may be under way in the proxy.</summary>
    private const int Window = 64;

    private readonly int _number;
    private readonly ProxyOptions _options;
    private readonly IActorRef _client;
    private IActorRef _server = ActorRefs.Nobody;
    private MqttVersion _version = MqttVersion.V311;
    private int _open = 1;

    public ProxySession(int number, Mqtt.Connected client, ProxyOptions options)
    {
        (_number, _client, _options) = (number, client.Connection, options);
        Receive<Mqtt.Connected>(Join);
        Receive<MqttPacket>(Forward);
        Receive<Written>(written => written.From.Tell(new Mqtt.Request(1)));
        Receive<Mqtt.ConnectionClosed>(Ended);
        Receive<Mqtt.CommandFailed>(failed =>
        {
            Trace.Line(_number, $"!! {failed.Command}: {failed.Message}");
            _client.Tell(Mqtt.Close.Instance);
            _server.Tell(Mqtt.Close.Instance);
            if (failed.Command is Mqtt.Connect)
                Context.Stop(Self);
        });
        Trace.Line(_number, $"{client.RemoteAddress} connected; dialling {options.Target}");
        Context.System.Mqtt().Tell(new Mqtt.Connect(options.Target));
    }

    private void Join(Mqtt.Connected server)
    {
        _server = server.Connection;
        _open++;
        foreach (var side in (IActorRef[])[_client, _server])
        {
            side.Tell(new Mqtt.Register(Self) { Delivery = MqttDelivery.Pull });
            side.Tell(new Mqtt.Request(Window));
        }
    }

    private void Forward(MqttPacket packet)
    {
        if (packet is Connect connect)
            _version = connect.Version;
        var up = Sender.Equals(_client);
        Trace.Packet(_number, up, packet, _options.Hex ? _version : null);
        (up ? _server : _client).Tell(new Mqtt.Write(packet, new Written(Sender)));
    }

    private void Ended(Mqtt.ConnectionClosed closed)
    {
        var client = Sender.Equals(_client);
        Trace.Line(_number, $"{(client ? "the client" : "the server")} has ended: {closed}");
        (client ? _server : _client).Tell(Mqtt.Close.Instance);
        if (--_open == 0)
            Context.Stop(Self);
    }

    /// <summary>A packet of that side has gone to the transport of the other.</summary>
    private sealed record Written(IActorRef From);
}

#region doc:steady-client
using System.Net;
using Akka.Actor;
using Akka.Mqtt;
using Akka.Mqtt.Protocol;

namespace Recipes;

/// <summary>
/// Keeps a client connected: it pings, notices a server that does not answer, and dials again after a pause that grows up to a minute. It
/// tells <c>application</c> each received <see cref="Publish"/>, each <see cref="ConnAck"/>, and why a connection ended.
/// </summary>
public sealed class SteadyClient : ReceiveActor, IWithTimers
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(10);

    private readonly EndPoint _server;
    private IActorRef _connection = ActorRefs.Nobody;
    private TimeSpan _pause = FirstPause;

    public SteadyClient(EndPoint server, Connect connect, Subscription[] subscriptions, IActorRef application)
    {
        _server = server;

        Receive<Dial>(_ => Context.System.Mqtt().Tell(new Mqtt.Connect(_server)));
        Receive<Mqtt.Connected>(connected =>
        {
            _connection = connected.Connection;
            _connection.Tell(new Mqtt.Register(Self));
            _connection.Tell(connect);
            Timers.StartSingleTimer("answer", NoAnswer.Instance, AnswerTimeout);
        });
        Receive<ConnAck>(answer =>
        {
            Timers.Cancel("answer");
            application.Tell(answer);
            if (answer.ReasonCode != ReasonCode.Success)
            {
                _connection.Tell(Mqtt.Close.Instance); // Mqtt.Closed follows, and then the next attempt
                return;
            }
            _pause = FirstPause;
            var keepAlive = answer.Properties?.ServerKeepAlive ?? connect.KeepAlive; // in seconds; the server's value wins
            if (keepAlive > 0)
                Timers.StartPeriodicTimer("ping", PingReq.Instance, TimeSpan.FromSeconds(keepAlive / 2.0));
            if (!answer.SessionPresent) // the server has no subscriptions of ours
                _connection.Tell(new Subscribe(1, subscriptions));
        });
        Receive<PingReq>(ping => // from the timer
        {
            _connection.Tell(ping);
            if (!Timers.IsTimerActive("answer")) // an earlier ping may still wait for its answer
                Timers.StartSingleTimer("answer", NoAnswer.Instance, AnswerTimeout);
        });
        Receive<PingResp>(_ => Timers.Cancel("answer"));
        Receive<NoAnswer>(_ => _connection.Tell(Mqtt.Abort.Instance)); // the server is gone and TCP has not noticed
        Receive<SubAck>(_ => { });
        Receive<Publish>(message =>
        {
            application.Tell(message);
            if (message.QoS == QualityOfService.AtLeastOnce) // it subscribes with QoS 0 or 1 only
                _connection.Tell(new PubAck(message.PacketId));
        });
        Receive<Disconnect>(disconnect => // of a 5.0 server; the end of the connection follows
        {
            application.Tell(disconnect);
            if (disconnect.ReasonCode == ReasonCode.SessionTakenOver) // another client has our identifier: dialling again would throw it out
                Become(Leaving);
        });
        Receive<Mqtt.CommandFailed>(failed =>
        {
            application.Tell(failed);
            if (failed.Command is Mqtt.Connect) // there is no connection, so no end of one will follow
                DialLater();
        });
        Receive<Mqtt.ConnectionClosed>(closed => // sent exactly once for each connection
        {
            Timers.CancelAll();
            application.Tell(closed);
            DialLater();
        });

        Self.Tell(Dial.Instance);
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private void Leaving() => Receive<Mqtt.ConnectionClosed>(_ => Context.Stop(Self));

    private void DialLater()
    {
        // A random part keeps the clients of a server that restarts from dialling all at the same moment.
        Timers.StartSingleTimer("dial", Dial.Instance, _pause * (0.5 + Random.Shared.NextDouble()));
        _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
    }

    private sealed record Dial
    {
        public static Dial Instance { get; } = new();
    }

    private sealed record NoAnswer
    {
        public static NoAnswer Instance { get; } = new();
    }
}
#endregion

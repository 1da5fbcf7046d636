using System.Net.Sockets;
using Akka.Actor;
using Akka.Event;

namespace Akka.Mqtt.Cluster.Nodes;

/// <summary>
/// The other end of a link. Questions use Akka.Remote; frames use a separate connection as soon as it exists. Owned by the link.
/// </summary>
/// <param name="path">The cluster actor of the node.</param>
/// <param name="self">This node.</param>
/// <param name="link">The actor of the link.</param>
/// <param name="clock">Decides when a node may be dialled again.</param>
/// <param name="log">Names a node that cannot be dialled, once.</param>
/// <param name="to">The process of the node: see <see cref="OpenLink.To"/>.</param>
internal sealed class LinkPeer(
    ActorSelection path, global::Akka.Cluster.UniqueAddress self, IActorRef link, ITimeProvider clock, ILoggingAdapter log, int to = 0) : IDisposable
{
    private static readonly TimeSpan DialTimeout = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan BeforeNextDial = TimeSpan.FromMinutes(1);
    private const int MostAsked = 64;

    private readonly Queue<(long Number, long First)> _asked = new(); // questions without an answer
    private readonly CancellationTokenSource _end = new();
    private IActorRef? _inbox;
    private FrameConnection? _connection;
    private object? _dial; // the dial that is under way
    private TimeSpan _nextDial;
    private long _lastAsked;
    private long _change; // while the connection changes: the number of the question whose answer, or a later one, has the next frame; 0 after it has arrived
    private bool _hasLogged;

    /// <summary>Where the node is.</summary>
    public Address Address => path.Anchor.Path.Address;

    /// <summary>Whether the node has answered since the link was created.</summary>
    public bool HasAnswered => _inbox is not null;

    /// <summary>Whether frames may be sent.</summary>
    public bool IsOpen => _inbox is not null && _change == 0;

    /// <summary>Whether to ask the node for a port: frames use Akka.Remote, and it is time to try again.</summary>
    public bool WantsPort => IsOpen && _connection is null && _dial is null && clock.MonotonicClock >= _nextDial;

    /// <summary>Logs that the node has not answered for a long time.</summary>
    public void WarnUnanswered() => log.Warning(
        "Node {Node} takes no messages: it has no server that answers at {Path}. All servers of a cluster need MqttCluster, one akka.mqtt.server.name, and versions that understand each other; with servers on some nodes only, set akka.mqtt.cluster.role",
        Address, path.PathString);

    /// <summary>Asks which frames the node has; it answers with <see cref="LinkOpened"/>.</summary>
    /// <param name="number">The number of the link.</param>
    /// <param name="first">The number of the first frame that is not confirmed.</param>
    public void Ask(long number, long first)
    {
        if (_asked.Count == MostAsked)
            _asked.Dequeue();
        _asked.Enqueue((++_lastAsked, first));
        path.Tell(new OpenLink(self, number, _lastAsked, to), link);
    }

    /// <summary>
    /// The first frame that was not confirmed when the node was asked the question that it answers now. Later confirmations arrive on a
    /// separate connection and may overtake the answer; they do not mean that the node has lost frames.
    /// </summary>
    /// <param name="asked">The number of the question that the node answers; 0 from an earlier version.</param>
    /// <param name="first">The number of the first frame that is not confirmed now.</param>
    /// <returns>The number; null when the answer has no effect, because a later question was already answered.</returns>
    public long? FirstAt(long asked, long first)
    {
        if (asked == 0)
            return first; // an earlier version sends everything through Akka.Remote, in order
        while (_asked.TryPeek(out var question) && question.Number <= asked)
        {
            _asked.Dequeue();
            if (question.Number == asked)
                return question.First;
        }
        return null;
    }

    /// <summary>The node has answered.</summary>
    /// <returns>
    /// Whether its answer defines with which frame to continue. It does not while a connection exists: frames that were sent before the
    /// question are still under way, and arrive.
    /// </returns>
    public bool Open(IActorRef inbox, FramePort? port, long asked)
    {
        var goesOn = _change != 0 && (asked == 0 || asked >= _change);
        if (goesOn)
            _change = 0;
        _inbox = inbox;
        if (port is null)
            _nextDial = clock.MonotonicClock + BeforeNextDial; // it has no port, or has an earlier version
        else if (_dial is null && _connection is null && clock.MonotonicClock >= _nextDial)
            DialAsync(port, _dial = new object(), _end.Token).PipeTo(link);
        return goesOn || _connection is null;
    }

    /// <summary>The node was dialled.</summary>
    /// <returns>Whether frames use another way from now on, so that <see cref="Ask"/> must find out with which frame to continue.</returns>
    public bool Begin(Dialled dialled)
    {
        if (!ReferenceEquals(dialled.Dial, _dial))
        {
            dialled.Connection?.Dispose(); // for an earlier link
            return false;
        }
        _dial = null;
        if (dialled.Connection is not { } connection)
        {
            _nextDial = clock.MonotonicClock + BeforeNextDial;
            if (!_hasLogged)
                log.Warning("Messages for node {0} are sent through Akka.Remote, which costs more CPU, because its frame-port cannot be reached ({1})", Address, dialled.Error?.Message);
            _hasLogged = true;
            return false;
        }
        _connection = connection;
        _change = _lastAsked + 1;
        connection.Start(link);
        return true;
    }

    /// <summary>A connection has ended.</summary>
    /// <returns>As for <see cref="Begin"/>.</returns>
    public bool End(FrameConnection connection)
    {
        if (!ReferenceEquals(connection, _connection))
            return false;
        _connection = null;
        _change = _lastAsked + 1;
        return true;
    }

    /// <summary>Sends a frame.</summary>
    public void Send(Frame frame)
    {
        if (_connection is { } connection)
            connection.Send(frame);
        else
            _inbox!.Tell(frame, link);
    }

    /// <summary>The link starts again: closes its connection.</summary>
    public void Reset()
    {
        _connection?.Dispose();
        (_connection, _dial, _inbox, _change) = (null, null, null, 0);
        _asked.Clear();
    }

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
        Reset();
    }

    private static async Task<Dialled> DialAsync(FramePort port, object dial, CancellationToken end)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(end);
        timeout.CancelAfter(DialTimeout);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(port.Host, port.Port, timeout.Token).ConfigureAwait(false);
            FrameConnection.Prepare(socket);
            byte[] greeting = [.. FramePort.Greeting, .. port.Secret.Span];
            await socket.SendAsync(greeting, SocketFlags.None, timeout.Token).ConfigureAwait(false);
            var answer = new byte[1];
            if (await socket.ReceiveAsync(answer, SocketFlags.None, timeout.Token).ConfigureAwait(false) == 0 || answer[0] != FramePort.Welcome)
                throw new IOException("another program answered there, or the offer is out of date");
            end.ThrowIfCancellationRequested(); // nobody would use the connection
            return new Dialled(dial, new FrameConnection(socket), null);
        }
        catch (Exception error)
        {
            socket.Dispose();
            return new Dialled(dial, null, error is OperationCanceledException ? new TimeoutException($"no answer within {DialTimeout.TotalSeconds} s") : error);
        }
    }

    /// <summary>The result of dialling.</summary>
    /// <param name="Dial">Which dial it was.</param>
    /// <param name="Connection">The connection, which is not started yet; null when there is none.</param>
    /// <param name="Error">The error; null when there is a connection.</param>
    public sealed record Dialled(object Dial, FrameConnection? Connection, Exception? Error) : INoSerializationVerificationNeeded, IDeadLetterSuppression;
}

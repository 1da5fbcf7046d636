using Akka.Actor;
using Akka.Mqtt.Cli.Clients.Arguments;
using Akka.Mqtt.Protocol;
using Akka.Mqtt.Storage;

namespace Akka.Mqtt.Cli.Clients;

/// <summary>
/// <c>akka-mqtt pub --queue</c>: writes messages to a file before they are sent, by a managed client. It continues to read while the server is unreachable.
/// It ends when the input has ended and the server has acknowledged everything, or cannot be reached; then the next run sends the rest.
/// </summary>
internal sealed class QueuedPublishActor : UntypedActor, IWithTimers
{
    /// <summary>The number of waiting messages at which it stops reading the input.</summary>
    private const int MostMessages = 100_000;

    /// <summary>The number of waiting payload bytes at which it stops reading the input.</summary>
    private const long MostBytes = 64 << 20;

    private readonly ClientRun _run;
    private readonly MqttClientSettings _settings;
    private readonly LineSource? _lines;
    private readonly Queue<List<MqttPacket>> _batches = new(); // read, but not handed over; at most LineSource.Ahead
    private int _next; // in the first batch
    private int _unstored; // of the batch that was handed over last
    private IActorRef _client = ActorRefs.Nobody;
    private int _credit;
    private int _waiting;
    private long _waitingBytes;
    private long _stored;
    private bool _isOpen;
    private bool _inputEnded;
    private bool _isConnected;
    private bool _wasConnected;
    private bool _hasSaidLost;
    private bool _hasFailed; // a message was neither kept nor sent
    private int? _refusal; // the exit code of the last refusal by the server; null when it has accepted the client since
    private int? _exitCode;

    public QueuedPublishActor(ClientRun run, MqttClientSettings settings, MqttBinary payload)
    {
        (_run, var self) = (run, Self);
        var options = run.Options;
        _settings = settings with
        {
            Queue = new CountedQueue(new SqliteClientQueue(options.Queue!), (messages, bytes) => self.Tell(new Waiting(messages, bytes))),
            MaxQueuedMessages = 2 * MostMessages,
            MaxQueuedBytes = 1 << 30,
            OnSending = options.Debug ? packet => run.Debug("sending", packet) : null,
            OnReceiving = options.Debug ? packet => run.Debug("received", packet) : null,
        };
        var message = new Publish(options.Topics[0], payload) { QoS = options.QoS, Retain = options.Retain, Properties = settings.Version == MqttVersion.V5 ? options.PublishProperties : null };
        if (options.Source == MessageSource.Lines)
            _lines = new LineSource(run.Input, message, Self);
        else
            _batches.Enqueue([message]);
        _inputEnded = _lines is null;
    }

    public ITimerScheduler Timers { get; set; } = null!;

    private string File => _run.Options.Queue!;

    protected override void PreStart()
    {
        _client = Context.ActorOf(MqttClient.Props(_settings, Self), "managed");
        _lines?.Start();
        if (_run.Options.Progress)
            Timers.StartPeriodicTimer(nameof(Tick), Tick.Instance, TimeSpan.FromSeconds(1));
    }

    protected override void PostStop() => _lines?.Dispose();

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case LineSource.Batch batch:
                _batches.Enqueue(batch.Messages);
                break;
            case LineSource.Ended { Error: { } error }:
                _run.Error($"cannot read stdin: {error}");
                Leave(ExitCodes.Failed);
                break;
            case LineSource.Ended:
                _inputEnded = true;
                break;
            case MqttClient.Demand demand:
                _credit += demand.Count;
                break;
            case Waiting waiting:
                (_waiting, _waitingBytes, _isOpen) = (waiting.Messages, waiting.Bytes, true);
                break;
            case MqttClient.Outcome outcome:
                Stored(outcome);
                break;
            case MqttClient.Undelivered lost:
                _run.Error($"the server did not accept a message to {LogText.Escape(lost.Packet.Topic)}: {LogText.Escape($"{lost.Outcome}")}");
                break;
            case MqttClient.Connected:
                (_isConnected, _wasConnected, _hasSaidLost, _refusal) = (true, true, false, null);
                break;
            case MqttClient.Disconnected lost:
                Lost(lost.Cause);
                break;
            case MqttClient.GaveUp gaveUp:
                GaveUp(gaveUp.Cause);
                break;
            case MqttClient.Stopped:
                End(_exitCode ?? 0);
                return;
            case Tick:
                _run.Progress(_stored, _waiting);
                break;
        }
        Pump();
    }

    private void Pump()
    {
        if (_exitCode is not null)
            return;
        while (_credit > 0 && _waiting + _unstored < MostMessages && _waitingBytes < MostBytes && _batches.TryPeek(out var batch))
        {
            _credit--;
            _unstored++;
            _client.Tell(new MqttClient.Publish((Publish)batch[_next++]) { CompleteWhenStored = true });
            if (_next < batch.Count)
                continue;
            _batches.Dequeue();
            _next = 0;
            _lines?.Release();
        }
        if (!_inputEnded || !_isOpen || _batches.Count > 0 || _unstored > 0)
            return;
        if (_waiting == 0)
            Leave(_hasFailed ? ExitCodes.Failed : 0);
        else if (!_isConnected && _hasSaidLost)
            Leave(_refusal ?? (_wasConnected ? ExitCodes.ConnectionLost : ExitCodes.Failed));
    }

    private void Stored(MqttClient.Outcome outcome)
    {
        _credit++;
        _unstored--;
        if (outcome is MqttClient.Stored or MqttClient.Acked)
            _stored++;
        else if (_exitCode is null)
        {
            _hasFailed = true;
            _run.Error($"a message could not be kept: {LogText.Escape($"{outcome}")}");
        }
    }

    private void Lost(MqttClient.Cause cause)
    {
        _isConnected = false;
        _refusal = RefusalOf(cause);
        if (!_hasSaidLost && _exitCode is null)
            _run.Error($"{Describe(cause)} Messages wait in {File}.");
        _hasSaidLost = true;
    }

    private void GaveUp(MqttClient.Cause cause)
    {
        _run.Error(cause.Kind == MqttClientCause.QueueFailed ? LogText.Escape(cause.Message, 4096) : Describe(cause));
        _exitCode ??= cause.ReasonCode is { } reason ? Refusal.ExitCode(reason, _settings.Version) : ExitCodes.Failed; // Stopped follows, when the file is closed
    }

    private int? RefusalOf(MqttClient.Cause cause) =>
        cause is { Kind: MqttClientCause.Refused, ReasonCode: { } reason } ? Refusal.ExitCode(reason, _settings.Version) : null;

    private string Describe(MqttClient.Cause cause) => cause is { Kind: MqttClientCause.Refused, ReasonCode: { } reason }
        ? Refusal.Describe(reason, _settings.Version)
        : $"no connection: {LogText.Escape(cause.Message.TrimEnd('.'))}.";

    private void Leave(int exitCode)
    {
        if (_exitCode is not null)
            return;
        _exitCode = exitCode;
        _client.Tell(new MqttClient.Disconnect { Wait = TimeSpan.Zero, Properties = _run.Options.DisconnectProperties });
    }

    private void End(int exitCode)
    {
        if (_waiting > 0)
            _run.Error($"{_waiting} {(_waiting == 1 ? "message waits" : "messages wait")} in {File}. The next run with --queue {File} sends {(_waiting == 1 ? "it" : "them")}.");
        _run.End(exitCode);
        Context.Stop(Self);
    }

    /// <summary>The content of the file.</summary>
    private sealed record Waiting(int Messages, long Bytes);

    private sealed class Tick
    {
        public static readonly Tick Instance = new();
    }
}

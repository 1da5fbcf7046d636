using Akka.Actor;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.ManagedClient;

/// <summary>
/// Takes the commands of a client: checks their credit, begins their spans, and gives them to the session or to the requests. While the queue that survives the
/// process is being opened, it keeps them. Runs in the client actor.
/// </summary>
internal sealed class CommandIntake
{
    private readonly MqttClientSettings _settings;
    private readonly ClientOutput _output;
    private ClientSession _session;
    private List<Pending>? _early; // commands that arrived while the queue was being opened
    private bool _wasConnected;

    /// <summary>Creates an empty one.</summary>
    /// <param name="settings">The settings.</param>
    /// <param name="output">Counts commands and receives outcomes.</param>
    /// <param name="session">The session; with a queue, one that <see cref="Open"/> replaces.</param>
    public CommandIntake(MqttClientSettings settings, ClientOutput output, ClientSession session)
    {
        _settings = settings;
        _output = output;
        _session = session;
        _early = settings.Queue is null ? null : [];
    }

    /// <summary>Takes a command, or refuses it when there is no credit for it.</summary>
    /// <param name="pending">The command and its sender.</param>
    /// <param name="timers">The timers of the client actor.</param>
    /// <param name="clock">A monotonic clock.</param>
    /// <param name="now">The time, in milliseconds since the Unix epoch.</param>
    /// <returns>Whether it was taken.</returns>
    public bool TryTake(Pending pending, ITimerScheduler timers, TimeSpan clock, long now)
    {
        var command = pending.Command!;
        if (_output.Commands >= _settings.MaxCommands)
        {
            pending.Sender.Tell(new MqttClient.Refused(
                command.Correlation, MqttClientRefusal.NoCredit, $"max-commands = {_settings.MaxCommands} are under way already."));
            return false;
        }
        _output.Begin();
        if (_settings.CommandTimeout is { } timeout && !timers.IsTimerActive(ClientTick.Late)) // one timer, not one for each command, and none for an idle client
            timers.StartPeriodicTimer(ClientTick.Late, ClientTick.Late, TimeSpan.FromTicks(Math.Max(timeout.Ticks / 8, TimeSpan.TicksPerMillisecond)));
        if (command is MqttClient.Request request)
        {
            Requests(timers).Take(pending, request, clock, now);
            return true;
        }
        if (_settings is { Tracing: true, Version: MqttVersion.V5 } && command is MqttClient.Publish publish)
            pending = ClientSpans.Begin(pending, publish);
        Pass(pending, now);
        return true;
    }

    /// <summary>The server accepted the client.</summary>
    /// <param name="sessionPresent">Whether it has the session.</param>
    /// <param name="timers">The timers of the client actor.</param>
    public void BeginConnection(bool sessionPresent, ITimerScheduler timers)
    {
        if (sessionPresent && !_wasConnected)
            Requests(timers).ResumeEarlier();
        _wasConnected = true;
    }

    /// <summary>The queue has been opened, and the session is known.</summary>
    /// <param name="session">The session.</param>
    /// <param name="now">The time.</param>
    public void Open(ClientSession session, long now)
    {
        _session = session;
        if (_output.Requests is { } requests)
            session.Answers = requests.TryTakeAnswer;
        var early = _early!;
        _early = null;
        foreach (var pending in early)
            session.Take(pending, now);
    }

    /// <summary>Completes the commands that no session has taken, because the client stops.</summary>
    /// <param name="cause">Why it stops.</param>
    public void Stop(MqttClient.Cause cause)
    {
        foreach (var pending in _early ?? [])
            _output.Complete(pending, new MqttClient.Failed(pending.Command!.Correlation, cause));
    }

    private RequestTable Requests(ITimerScheduler timers)
    {
        if (_output.Requests is { } known)
            return known;
        var made = _output.Requests = new RequestTable(_settings, Pass, _output, timers);
        _session.Answers = made.TryTakeAnswer;
        return made;
    }

    private void Pass(Pending pending, long now)
    {
        if (_early is null)
            _session.Take(pending, now);
        else
            _early.Add(pending);
    }
}

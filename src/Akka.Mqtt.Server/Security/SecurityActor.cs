using Akka.Actor;
using Akka.Configuration;
using Akka.Event;
using Akka.Mqtt.Logs;

namespace Akka.Mqtt.Server.Security;

/// <summary>Reads the security files again, on the thread pool and one reload at a time, and then has every client checked.</summary>
internal sealed class SecurityActor : UntypedActor, IWithUnboundedStash
{
    private readonly SecurityTable _table;
    private readonly IActorRef _sessions;
    private readonly ILoggingAdapter _log = Context.GetSafeLogger();
    private IActorRef? _asker;

    public SecurityActor(SecurityTable table, IActorRef sessions)
    {
        _table = table;
        _sessions = sessions;
    }

    public IStash Stash { get; set; } = null!;

    public static Props PropsFor(SecurityTable table, IActorRef sessions) =>
        Props.Create(() => new SecurityActor(table, sessions)).WithDeploy(Deploy.Local);

    protected override void OnReceive(object message)
    {
        switch (message)
        {
            case ReloadSecurity when _asker is not null:
                Stash.Stash();
                break;
            case ReloadSecurity:
                _asker = Sender;
                Task.Run(_table.Reload).PipeTo(Self, Self, () => new Read(null), error => new Read(error));
                break;
            case Read { Error: null }:
                _log.Info("Users, rules and revocation lists have been read again.");
                _sessions.Tell(Changed.Instance);
                Answer(SecurityReloaded.Instance);
                break;
            case Read { Error: { } error }:
                _log.Error(error is ConfigurationException ? null : error, "Users and rules are unchanged, because reading them again failed: {Problem}", error.Message);
                Answer(new SecurityNotReloaded(error.Message) { Cause = error });
                break;
            default:
                Unhandled(message);
                break;
        }
    }

    private void Answer(object message)
    {
        _asker?.Tell(message);
        _asker = null;
        Stash.UnstashAll();
    }

    /// <summary>The files were read, or could not be read because of an error.</summary>
    private sealed record Read(Exception? Error) : INoSerializationVerificationNeeded;

    /// <summary>Sent to every session: the rules have changed. A handshake compares the rules itself when it accepts its client.</summary>
    internal sealed class Changed : INoSerializationVerificationNeeded, IDeadLetterSuppression
    {
        public static readonly Changed Instance = new();
    }
}

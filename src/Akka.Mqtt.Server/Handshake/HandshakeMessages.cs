using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>A message for one handshake that does not come from its connection.</summary>
internal interface IForHandshake : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    /// <summary>The handshake.</summary>
    ClientHandshake Handshake { get; }
}

/// <summary>The time limit of the user's code has expired.</summary>
internal sealed record TimedOut(ClientHandshake Handshake) : IForHandshake;

/// <summary>
/// Sent to the actor of the handshakes at intervals while clients wait for their sessions: it refuses those that have waited too long.
/// </summary>
internal sealed class CheckOpening : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly CheckOpening Instance = new();
}

/// <summary>The interceptor has decided.</summary>
internal sealed record Intercepted(ClientHandshake Handshake, Interception<Connect> Decision) : IForHandshake;

/// <summary>The authenticator has decided.</summary>
internal sealed record Authenticated(ClientHandshake Handshake, AuthenticationResult Result) : IForHandshake;

/// <summary>A step of an enhanced authentication has completed.</summary>
internal sealed record Stepped(ClientHandshake Handshake, AuthenticationStep Step) : IForHandshake;

/// <summary>An authenticator or interceptor has failed.</summary>
internal sealed record UserCodeFailed(ClientHandshake Handshake, Exception Cause) : IForHandshake;

using Akka.Actor;
using Akka.Event;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server.Handshake;

/// <summary>To a handshake: the user's code has had its time.</summary>
internal sealed class TimedOut : INoSerializationVerificationNeeded, IDeadLetterSuppression
{
    public static readonly TimedOut Instance = new();
}

/// <summary>To a handshake: what the interceptor decided.</summary>
internal sealed record Intercepted(Interception<Connect> Decision) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To a handshake: what the authenticator decided.</summary>
internal sealed record Authenticated(AuthenticationResult Result) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

/// <summary>To a handshake: a step of an enhanced authentication has ended.</summary>
internal sealed record Stepped(AuthenticationStep Step) : INoSerializationVerificationNeeded, IDeadLetterSuppression;

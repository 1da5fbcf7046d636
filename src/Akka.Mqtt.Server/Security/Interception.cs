using System.Diagnostics.CodeAnalysis;
using Akka.Mqtt.Protocol;

namespace Akka.Mqtt.Server;

/// <summary>What an interceptor decided: a packet to go on with, changed or not, or a refusal.</summary>
/// <typeparam name="T">What was intercepted.</typeparam>
public readonly record struct Interception<T>
    where T : class
{
    private Interception(T? value, ReasonCode reason)
    {
        Value = value;
        Reason = reason;
    }

    /// <summary>What to go on with; null when it is refused.</summary>
    public T? Value { get; }

    /// <summary>Why it is refused.</summary>
    public ReasonCode Reason { get; }

    /// <summary>Goes on.</summary>
    /// <param name="value">The same, or another made of it by <c>with</c>.</param>
    /// <returns>The decision.</returns>
    [SuppressMessage("Design", "CA1000", Justification = "The type is known from the interceptor's signature.")]
    public static Interception<T> Pass(T value)
    {
        ArgumentNullException.ThrowIfNull(value);
        return new Interception<T>(value, ReasonCode.Success);
    }

    /// <summary>Refuses.</summary>
    /// <param name="reason">The code that the client is told where its version and the packet have one for it; else 0x80.</param>
    /// <returns>The decision.</returns>
    [SuppressMessage("Design", "CA1000", Justification = "The type is known from the interceptor's signature.")]
    public static Interception<T> Refuse(ReasonCode reason = ReasonCode.NotAuthorized) => new(null, reason);
}

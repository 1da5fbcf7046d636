using Akka.Mqtt.Server.Core;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Compares all that is kept of two sessions.</summary>
internal static class SessionStates
{
    public static void AssertEqual(SessionSnapshot expected, SessionSnapshot actual) => Assert.Equal(Lines(expected), Lines(actual));

    private static IEnumerable<string> Lines(SessionSnapshot state)
    {
        yield return $"{state.Key} of {state.Owner}, over {state.IsOver}";
        if (state.IsOver)
            yield break;
        yield return $"epoch {state.Epoch}, connected {state.IsConnected}, since {state.ChangedAt}, expiry {state.Expiry}, will {state.Will}";
        yield return $"next {state.NextNumber}, last {state.LastPacketId}";
        foreach (var (_, subscription) in state.Subscriptions.OrderBy(each => each.Key, StringComparer.Ordinal))
            yield return $"subscription {subscription}";
        foreach (var (number, message) in state.Queue)
            yield return $"queued {number} {message}";
        foreach (var (id, message) in state.InFlight)
            yield return $"in flight {id} {(message is { } kept ? kept.ToString() : "PUBREL")}";
        foreach (var id in state.Received.Order())
            yield return $"received {id}";
    }
}

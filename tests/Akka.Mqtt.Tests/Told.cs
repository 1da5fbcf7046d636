using System.Net.Sockets;
using Xunit;

namespace Akka.Mqtt.Tests;

/// <summary>Compares what arrived with what was told.</summary>
internal static class Told
{
    /// <summary>It is the same object; where messages are serialized on their way, one of the same text.</summary>
    public static void AssertSame(object told, object? arrived)
    {
        if (TestSystem.Serializes)
            Assert.Equal($"{told}", $"{arrived}");
        else
            Assert.Same(told, arrived);
    }

    /// <summary>An error of a socket is the cause; where messages are serialized on their way, its text.</summary>
    /// <param name="expected">Which error; null is any.</param>
    /// <param name="failed">What arrived.</param>
    public static void AssertCause(SocketError? expected, Mqtt.CommandFailed failed)
    {
        if (TestSystem.Serializes)
        {
            var text = $"{failed.Cause}";
            Assert.Contains(nameof(SocketException), text, StringComparison.Ordinal);
            if (expected is { } error)
                Assert.Contains(new SocketException((int)error).Message, text, StringComparison.Ordinal);
            return;
        }

        var cause = Assert.IsType<SocketException>(failed.Cause);
        Assert.Equal(expected ?? cause.SocketErrorCode, cause.SocketErrorCode);
    }
}

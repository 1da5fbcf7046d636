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
}

using CsCheck;

namespace Akka.Mqtt.Server.Tests;

/// <summary>Generators of topics and filters, of few levels so that they meet.</summary>
internal static class GenText
{
    public static Gen<string> Topic { get; } = Of("a", "b", "", "$x").Array[1, 5].Select(levels => string.Join('/', levels)).Where(text => text.Length > 0);

    public static Gen<string> Filter { get; } = Gen.Select(
        Of("a", "b", "", "+", "$x").Array[1, 4], Gen.Bool, (levels, hash) => string.Join('/', hash ? [.. levels, "#"] : levels)).Where(text => text.Length > 0);

    private static Gen<string> Of(params string[] values) => Gen.Int[0, values.Length - 1].Select(at => values[at]);
}

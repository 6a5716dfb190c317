import { testNoAllocation } from "../../../test/support/no-allocation.ts";

const probe = new URL("../../../test/support/allocation-probe.ts", import.meta.url);
testNoAllocation("processQuery()", probe);
